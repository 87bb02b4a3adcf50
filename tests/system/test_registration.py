# SPDX-License-Identifier: Apache-2.0
"""POST /auth/register: the answer, every rule of every field, uniqueness and races."""

import re
import secrets

import pytest

from latchkey_testkit.accounts import Account, fresh_email, fresh_username, registration
from latchkey_testkit.problem import check_timestamp
from latchkey_testkit.waiting import at_once

USER_MEMBERS = {
    "id",
    "email",
    "username",
    "is_active",
    "created_at",
    "updated_at",
    "last_login",
}
TOKEN_MEMBERS = {
    "access_token",
    "refresh_token",
    "token_type",
    "expires_in",
    "refresh_expires_in",
    "user",
}


def register(client, **changes):
    return client.post("/auth/register", registration(**changes))


def email_of_length(length):
    """A plausible address: a local part of 64, labels of at most 63."""
    labels = ["d" * 63, "d" * 63, "d" * (length - 64 - 1 - 2 * 64 - 4), "com"]
    email = "l" * 64 + "@" + ".".join(labels)
    assert len(email) == length
    return email


def test_answer_has_tokens_and_the_user(client):
    body = registration()
    reply = client.post("/auth/register", body).expect(201)
    answer = reply.json()
    assert answer.keys() == TOKEN_MEMBERS
    assert answer["token_type"] == "bearer"
    assert answer["expires_in"] == 30 * 60
    assert answer["refresh_expires_in"] == 7 * 24 * 3600
    user = answer["user"]
    assert user.keys() == USER_MEMBERS
    assert type(user["id"]) is int and user["id"] > 0
    assert user["email"] == body["email"] and user["username"] == body["username"]
    assert user["is_active"] is True
    check_timestamp(user["created_at"])
    check_timestamp(user["updated_at"])
    check_timestamp(user["last_login"])
    assert reply.header("Cache-Control") == "no-store"
    assert reply.content_type == "application/json"


def test_stored_as_typed(client):
    email, username = f"Mixed.{fresh_email()}", f"Mixed.{fresh_username()}"
    user = register(client, email=email, username=username).expect(201).json()["user"]
    assert (user["email"], user["username"]) == (email, username)


def test_all_faults_at_once(client):
    body = {"email": "nobody", "username": "a b", "password": "short"}
    reply = client.post("/auth/register", body)
    assert reply.faulty_fields() == {"email", "username", "password"}


def test_missing_fields_are_named_together(client):
    assert client.post("/auth/register", {}).faulty_fields() == {"email", "username", "password"}


@pytest.mark.parametrize("field", ["email", "username", "password"])
@pytest.mark.parametrize("value", [None, 17, 1.5, True, [], {}, ["a@example.com"]], ids=repr)
def test_wrong_type(client, field, value):
    assert register(client, **{field: value}).faulty_fields() == {field}


def test_unknown_members_are_ignored(client):
    register(client, is_active=False, id=1, more={"deep": [1, 2]}).expect(201)


def unique(length):
    return secrets.token_hex(length)[:length]


@pytest.mark.parametrize(
    "template", ["{3}", "{50}", "0{9}", "9-_{9}", "a.{9}", "A.b_C-{9}", "{9}.", "null{9}"]
)
def test_username_accepted(client, template):
    username = re.sub(r"\{(\d+)\}", lambda match: unique(int(match[1])), template)
    register(client, username=username).expect(201)


@pytest.mark.parametrize(
    "username",
    [
        "",
        "ab",
        "a" * 51,
        ".abc",
        "_abc",
        "-abc",
        "a b c",
        " abc",
        "abc ",
        "abc\n",
        "abc\t",
        "a@b",
        "a/b/c",
        "a+bc",
        "abcé",
        "аbc",  # Cyrillic а
        "abc\u200b",
        "１２３",
        "<abc>",
        "abc'",
        "abc\x7f",
    ],
    ids=ascii,
)
def test_username_refused(client, username):
    assert register(client, username=username).faulty_fields() == {"username"}


@pytest.mark.parametrize(
    "template", ["{}@b.co", "{}+tag@example.com", "{}.x@sub.example.org", "{}@1x.example"]
)
def test_email_accepted(client, template):
    register(client, email=template.format(fresh_username())).expect(201)


def test_email_length_boundary(client):
    assert register(client, email=email_of_length(254)).status in (201, 409)
    assert register(client, email=email_of_length(255)).faulty_fields() == {"email"}


@pytest.mark.parametrize(
    "email",
    [
        "",
        "plain",
        "@",
        "a@",
        "@example.com",
        "a@b",
        "a@b@example.com",
        "a@@example.com",
        "a@.com",
        "a@example.",
        "a@example..com",
        "a b@example.com",
        " a@example.com",
        "a@example.com ",
        "a@exam ple.com",
        "a@example.com\n",
        "a\t@example.com",
        "a\x01@example.com",
        "a\x7f@example.com",
        "ü@example.com",
        "a@exämple.com",
        "a@example.com\r\nBcc: b@example.com",
    ],
    ids=ascii,
)
def test_email_refused(client, email):
    assert register(client, email=email).faulty_fields() == {"email"}


@pytest.mark.parametrize(
    "password",
    [
        "p" * 8,
        "é" * 8,
        "😀" * 8,
        "😀" * 18,
        "p" * 72,
        "é" * 36,
        " " * 8,
        "\ttab and space ",
        "ab\x01cdefg",
    ],
    ids=ascii,
)
def test_password_accepted_and_good_for_login(client, password):
    account = Account(client, password=password)
    account.login().expect(200)


@pytest.mark.parametrize(
    "password",
    ["", "p" * 7, "é" * 7, "😀" * 7, "p" * 73, "é" * 37, "😀" * 19, "p" * 1024],
    ids=lambda text: f"{len(text)}x{ascii(text[:1])}",
)
def test_password_refused_by_length(client, password):
    assert register(client, password=password).faulty_fields() == {"password"}


def test_password_may_not_be_the_username_or_the_email(client):
    username, email = fresh_username(), fresh_email()
    for password in (username, email):
        reply = register(client, username=username, email=email, password=password)
        assert reply.faulty_fields() == {"password"}


def test_password_is_not_normalised(client):
    """Byte for byte: the same text in another Unicode normal form is another password."""
    account = Account(client, password="caf\u00e9-caf\u00e9")
    account.login("cafe\u0301-cafe\u0301").expect_problem(401, "INVALID_CREDENTIALS")


def test_password_white_space_is_kept(client):
    account = Account(client, password="  eight chars  ")
    account.login("eight chars").expect_problem(401, "INVALID_CREDENTIALS")
    account.login().expect(200)


@pytest.mark.parametrize("field", ["username", "email"])
@pytest.mark.parametrize("change", [str, str.upper, str.title], ids=["same", "upper", "title"])
def test_taken_without_regard_to_case(client, account, field, change):
    reply = register(client, **{field: change(getattr(account, field))})
    reply.expect_problem(409, "USER_ALREADY_EXISTS")


def test_nothing_is_left_of_a_refused_registration(client, account):
    email = fresh_email()
    register(client, email=email, username=account.username).expect_problem(
        409, "USER_ALREADY_EXISTS"
    )
    register(client, email=email).expect(201)


def test_fifty_parallel_registrations_of_one_name(client):
    username = fresh_username()
    clients = [client.fresh() for _ in range(50)]
    spellings = (username, username.upper())
    replies = at_once(50, lambda i: register(clients[i], username=spellings[i % 2]))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 49
    for reply in replies:
        if reply.status == 409:
            reply.expect_problem(409, "USER_ALREADY_EXISTS")


def test_fifty_parallel_registrations_of_one_email(client):
    email = fresh_email()
    clients = [client.fresh() for _ in range(50)]
    replies = at_once(50, lambda i: register(clients[i], email=email))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 49


def test_parallel_registrations_of_different_names_all_succeed(client):
    clients = [client.fresh() for _ in range(30)]
    replies = at_once(30, lambda i: register(clients[i]))
    assert [reply.status for reply in replies] == [201] * 30
    assert len({reply.json()["user"]["id"] for reply in replies}) == 30


def test_the_stored_hash_is_bcrypt_of_the_configured_cost(service, account):
    [(stored,)] = service.query(
        "SELECT password_hash FROM latchkey.users WHERE id = %s", (account.id,)
    )
    assert re.fullmatch(r"\$2[by]\$04\$[./A-Za-z0-9]{53}", stored), stored
