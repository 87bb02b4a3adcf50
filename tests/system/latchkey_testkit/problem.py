# SPDX-License-Identifier: Apache-2.0
"""What every answer must be, checked on each one the client receives.

`check_reply` is called by the client itself, so no test can forget it: request id, security
headers, no leak, and for 4xx and 5xx the whole problem document and the headers that go with it.
"""

import datetime
import re
from http import HTTPStatus

STATUS_OF_CODE = {
    "INVALID_JSON": 400,
    "VALIDATION_ERROR": 400,
    "INVALID_CREDENTIALS": 401,
    "NOT_AUTHENTICATED": 401,
    "TOKEN_INVALID": 401,
    "TOKEN_EXPIRED": 401,
    "TOKEN_REVOKED": 401,
    "USER_INACTIVE": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "USER_ALREADY_EXISTS": 409,
    "PAYLOAD_TOO_LARGE": 413,
    "URI_TOO_LONG": 414,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "TOO_MANY_REQUESTS": 429,
    "HEADERS_TOO_LARGE": 431,
    "INTERNAL_ERROR": 500,
    "DATABASE_ERROR": 500,
    "WORKER_UNAVAILABLE": 502,
    "DATABASE_UNAVAILABLE": 503,
    "CIRCUIT_OPEN": 503,
    "OVERLOADED": 503,
    "WORKER_TIMEOUT": 504,
}

MEMBERS = {"type", "title", "status", "detail", "error_code", "timestamp", "request_id"}

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")

# RFC 9110 renamed 413, so both names are right.
OTHER_TITLES = {
    413: {"Content Too Large", "Payload Too Large", "Request Entity Too Large"},
    414: {"URI Too Long", "Request-URI Too Long"},
}

CLOCK_TOLERANCE_S = 60

# Of every policy, the pages' too: "default-src" is for objects as well.
POLICY_OF_ALL = {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"}

# What a client never gets to see: hashes, SQL, source files, versions of what runs behind.
LEAKS = re.compile(
    r"\$2[aby]\$|\$argon2|pqxx|libpq|plpgsql|PL/pgSQL|SQLSTATE|relation \"|\bSELECT\b|"
    r"\.(?:cpp|h|sql|sock)\b|nginx/\d|PostgreSQL \d|<html",
)


def check_timestamp(text):
    assert isinstance(text, str) and TIMESTAMP.fullmatch(text), f"timestamp {text!r}"
    moment = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    age_s = (datetime.datetime.utcnow() - moment).total_seconds()
    assert abs(age_s) < CLOCK_TOLERANCE_S, f"timestamp {text!r} is not now"


def check_problem(reply, status=None, code=None):
    """The shape of one error answer; returns its body."""
    assert reply.content_type == "application/problem+json", reply
    body = reply.json()
    assert isinstance(body, dict), reply
    assert MEMBERS <= body.keys(), f"missing {MEMBERS - body.keys()} in {reply}"
    assert body.keys() <= MEMBERS | {"errors"}, f"surplus {body.keys() - MEMBERS} in {reply}"
    error_code = body["error_code"]
    assert STATUS_OF_CODE.get(error_code) == reply.status, reply
    assert type(body["status"]) is int and body["status"] == reply.status, reply
    assert body["type"] == f"/docs/errors#{error_code}", reply
    titles = OTHER_TITLES.get(reply.status, {HTTPStatus(reply.status).phrase})
    assert body["title"] in titles, reply
    assert isinstance(body["detail"], str) and body["detail"], reply
    assert body["request_id"] == reply.header("X-Request-ID"), reply
    check_timestamp(body["timestamp"])
    if "errors" in body:
        assert error_code == "VALIDATION_ERROR", reply
        _check_faults(body["errors"], reply)
    if status is not None:
        assert reply.status == status, reply
    if code is not None:
        assert error_code == code, reply
    return body


def _check_faults(faults, reply):
    assert isinstance(faults, list) and faults, reply
    for fault in faults:
        assert fault.keys() == {"field", "code", "message"}, reply
        assert all(isinstance(text, str) and text for text in fault.values()), reply


def _check_companion_headers(reply):
    if reply.status == 401:
        assert (reply.header("WWW-Authenticate") or "").startswith("Bearer"), reply
    if reply.status == 405:
        assert reply.header("Allow"), reply
    if reply.status in (429, 503):
        assert re.fullmatch(r"[1-9]\d*", reply.header("Retry-After") or ""), reply


def check_security_headers(reply, tls=True):
    assert reply.header("X-Content-Type-Options") == "nosniff", reply
    assert reply.header("X-Frame-Options") in ("DENY", "SAMEORIGIN"), reply
    assert reply.header("Referrer-Policy"), reply
    policy = (reply.header("Content-Security-Policy") or "").split("; ")
    assert POLICY_OF_ALL <= set(policy), reply
    if tls:
        assert reply.header("Strict-Transport-Security") == "max-age=31536000", reply
    assert not re.search(r"\d", reply.header("Server") or ""), reply
    assert reply.header("X-Powered-By") is None, reply


# Headers that say one thing: sent twice, the two halves of the service both set them.
SINGLE_HEADERS = (
    "X-Request-ID",
    "Content-Type",
    "Cache-Control",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Content-Security-Policy",
    "Access-Control-Allow-Origin",
)


def check_reply(reply, tls=True):
    request_id = reply.header("X-Request-ID")
    assert request_id and REQUEST_ID.fullmatch(request_id), reply
    for name in SINGLE_HEADERS:
        assert len(reply.headers_named(name)) <= 1, f"{name} twice in {reply}"
    check_security_headers(reply, tls)
    if reply.status < 400:
        return
    _check_companion_headers(reply)
    if reply.method == "HEAD":
        assert reply.body == b"", reply
        return
    check_problem(reply)
    leak = LEAKS.search(reply.text)
    assert leak is None, f"{leak.group()!r} leaks in {reply}"
