# SPDX-License-Identifier: Apache-2.0
"""What is a readable body: JSONTestSuite, UTF-8, duplicates, depth, size."""

import json

import pytest

from latchkey_testkit import vectors
from latchkey_testkit.accounts import registration

MAX_BYTES = 16 * 1024
MAX_DEPTH = 16


def post(client, body):
    return client.post("/auth/register", body=body)


def code_of(client, body):
    """The error of a body that cannot register anybody."""
    reply = post(client, body)
    assert 400 <= reply.status < 500, reply
    return reply.json()["error_code"]


def by_name(suite):
    return pytest.mark.parametrize(
        "body", [body for _, body in suite], ids=[name for name, _ in suite]
    )


class Breach(Exception):
    """Valid JSON that breaks one of our own rules."""


def _members(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise Breach("duplicate key")
    return dict(pairs)


def is_readable(body):
    """The contract, by an independent reader: an object, no duplicate key, no NUL in a string."""
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_members)
    except Breach:
        return False
    return isinstance(value, dict) and not has_nul(value)


def has_nul(value):
    if isinstance(value, dict):
        return any(has_nul(key) or has_nul(member) for key, member in value.items())
    if isinstance(value, list):
        return any(has_nul(item) for item in value)
    return isinstance(value, str) and "\0" in value


@by_name(vectors.json_test_suite("n_"))
def test_jsontestsuite_no(client, body):
    expected = "INVALID_JSON" if len(body) <= MAX_BYTES else "PAYLOAD_TOO_LARGE"
    assert code_of(client, body) == expected


@by_name(vectors.json_test_suite("y_"))
def test_jsontestsuite_yes(client, body):
    assert code_of(client, body) == ("VALIDATION_ERROR" if is_readable(body) else "INVALID_JSON")


@by_name(vectors.json_test_suite("y_"))
def test_jsontestsuite_yes_as_an_unknown_member(client, body):
    """Most of the suite is arrays and scalars: inside an object they have to be read."""
    wrapped = b'{"unknown":' + body + b"}"
    expected = "VALIDATION_ERROR" if is_readable(wrapped) else "INVALID_JSON"
    assert code_of(client, wrapped) == expected


@by_name(vectors.json_test_suite("i_"))
def test_jsontestsuite_either(client, body):
    assert code_of(client, body) in ("INVALID_JSON", "VALIDATION_ERROR")
    assert code_of(client, b'{"unknown":' + body + b"}") in ("INVALID_JSON", "VALIDATION_ERROR")


@by_name(vectors.json_transform_suite())
def test_jsontestsuite_transform(client, body):
    assert code_of(client, body) in ("INVALID_JSON", "VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("row", "data", "valid"), vectors.utf8_rows(), ids=[row for row, _, _ in vectors.utf8_rows()]
)
def test_utf8(client, row, data, valid):
    valid = valid and data != b"\x00"  # a bare control character is no JSON
    expected = "VALIDATION_ERROR" if valid else "INVALID_JSON"
    assert code_of(client, b'{"unknown":"' + data + b'"}') == expected
    assert code_of(client, b'{"' + data + b'":1}') == expected
    assert code_of(client, b'{"username":"' + data + b'"}') == expected


@pytest.mark.parametrize(
    "body",
    [
        b'{"email":"a@example.com","email":"b@example.com"}',
        b'{"email":"a@example.com","\\u0065mail":"b@example.com"}',
        b'{"unknown":{"a":1,"a":1}}',
        b'{"unknown":[{"a":1,"a":1}]}',
        b'{"":1,"":2}',
    ],
)
def test_duplicate_keys(client, body):
    post(client, body).expect_problem(400, "INVALID_JSON")


@pytest.mark.parametrize(
    "body",
    [
        b'{"username":"ab\\u0000c"}',
        b'{"ab\\u0000c":1}',
        b'{"unknown":["\\u0000"]}',
        b'{"username":"ab\x00c"}',
        b"{}\x00",
        b"\x00{}",
        b'{"password":"secret\\u0000tail"}',
    ],
)
def test_nul(client, body):
    post(client, body).expect_problem(400, "INVALID_JSON")


def test_an_escaped_backslash_before_u0000_is_no_nul(client):
    assert code_of(client, b'{"unknown":"\\\\u0000"}') == "VALIDATION_ERROR"


def nested(depth, opening, closing):
    """A body whose nesting, with the outer object, is `depth`."""
    return b'{"unknown":' + opening * (depth - 1) + b"1" + closing * (depth - 1) + b"}"


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["[]", "{}"])
def test_depth(client, opening, closing):
    assert code_of(client, nested(MAX_DEPTH, opening, closing)) == "VALIDATION_ERROR"
    assert code_of(client, nested(MAX_DEPTH + 1, opening, closing)) == "INVALID_JSON"


def padded(length):
    body = json.dumps({**registration(), "padding": ""}).encode()
    return body[:-2] + b"x" * (length - len(body)) + b'"}'


def test_size(client):
    assert len(padded(MAX_BYTES)) == MAX_BYTES
    post(client, padded(MAX_BYTES)).expect(201)
    post(client, padded(MAX_BYTES + 1)).expect_problem(413, "PAYLOAD_TOO_LARGE")
    post(client, padded(100 * MAX_BYTES)).expect_problem(413, "PAYLOAD_TOO_LARGE")


def test_size_without_a_declared_length(client):
    def chunked(length):
        return (chunk for chunk in [padded(length)])

    post(client, chunked(MAX_BYTES)).expect(201)
    post(client, chunked(MAX_BYTES + 1)).expect_problem(413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    "body",
    [b"[]", b'"text"', b"1", b"true", b"null", b'[{"email":"a@example.com"}]', b"", b" "],
    ids=repr,
)
def test_not_an_object(client, body):
    post(client, body).expect_problem(400, "INVALID_JSON")


@pytest.mark.parametrize("tail", [b"x", b"{}", b",", b"\x00", b"//", b"\xff", b"\xef\xbb\xbf"])
def test_trailing_bytes(client, tail):
    body = json.dumps(registration()).encode()
    post(client, body + tail).expect_problem(400, "INVALID_JSON")


def test_white_space_around_is_fine(client):
    body = json.dumps(registration(), indent=2).encode()
    post(client, b" \r\n\t" + body + b" \r\n\t").expect(201)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_byte_order_marks_and_other_encodings(client, encoding):
    body = json.dumps(registration()).encode(encoding)
    post(client, body).expect_problem(400, "INVALID_JSON")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/login"),
        ("POST", "/auth/refresh"),
        ("POST", "/auth/logout"),
        ("PUT", "/users/me"),
        ("PATCH", "/users/me"),
        ("PUT", "/users/me/password"),
    ],
)
def test_every_path_that_reads_a_body_reads_it_strictly(client, account, method, path):
    for body in (b"", b"{", b"[]", b'{"a":1,"a":1}', b'{"a":"\xff"}', b"{}x"):
        reply = client.request(method, path, body=body, token=account.session.access_token)
        reply.expect_problem(400, "INVALID_JSON")
    reply = client.request(
        method, path, body=padded(MAX_BYTES + 1), token=account.session.access_token
    )
    reply.expect_problem(413, "PAYLOAD_TOO_LARGE")
