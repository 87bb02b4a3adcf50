# SPDX-License-Identifier: Apache-2.0
"""Request ids, WWW-Authenticate, caching, and what the docs pages add.

The security headers and the request id of every single answer are checked by the client."""

import re
import uuid

import pytest

from latchkey_testkit.client import LOOPBACK, raw_exchange, raw_request
from latchkey_testkit.problem import REQUEST_ID


@pytest.mark.parametrize(
    "request_id", ["abcd-123", "A" * 64, "0" * 8, "----------", str(uuid.uuid4())]
)
def test_request_id_taken_over(client, request_id):
    reply = client.get("/users/me", headers={"X-Request-ID": request_id})
    assert reply.header("X-Request-ID") == request_id
    assert reply.expect_problem(401, "NOT_AUTHENTICATED")["request_id"] == request_id


@pytest.mark.parametrize(
    "request_id",
    [
        "",
        "short-7",
        "a" * 65,
        "under_score",
        "with space",
        "dotted.id",
        'quote"quote',
        "curly{}curly",
        "back\\slash",
        "semi;colon;",
        "a" * 4000,
    ],
)
def test_request_id_replaced(client, request_id):
    reply = client.get("/users/me", headers={"X-Request-ID": request_id})
    made = reply.header("X-Request-ID")
    assert made != request_id and REQUEST_ID.fullmatch(made)
    assert reply.json()["request_id"] == made


def test_request_ids_are_made_anew(client):
    made = {client.get("/health").header("X-Request-ID") for _ in range(20)}
    assert len(made) == 20


def test_request_id_is_in_both_logs(service, client, account):
    request_id = f"test-{uuid.uuid4()}"
    client.get(
        "/users/me", token=account.session.access_token, headers={"X-Request-ID": request_id}
    ).expect(200)
    assert service.logs.wait_for_request(request_id)["path"] == "/users/me"
    assert request_id in service.logs.wait_for_access(request_id).values()


def test_request_id_of_an_answer_by_nginx(service, client):
    request_id = f"test-{uuid.uuid4()}"
    reply = client.get("/docs/nothing", headers={"X-Request-ID": request_id}).expect(404)
    assert reply.header("X-Request-ID") == request_id
    assert request_id in service.logs.wait_for_access(request_id).values()


def test_two_request_ids(service):
    headers = [
        ("X-Request-ID", "first-one"),
        ("X-Request-ID", "second-one"),
        ("Connection", "close"),
    ]
    reply = raw_exchange(service, raw_request("GET", "/health", headers)).expect(200)
    assert "," not in reply.header("X-Request-ID")


def test_www_authenticate_without_a_token(client):
    reply = client.get("/users/me").expect(401)
    assert reply.header("WWW-Authenticate").split()[0].rstrip(",") == "Bearer"
    assert "error" not in reply.header("WWW-Authenticate")


def test_www_authenticate_with_a_bad_token(client):
    reply = client.get("/users/me", token="x.y.z").expect(401)
    assert 'error="invalid_token"' in reply.header("WWW-Authenticate")


def test_www_authenticate_of_a_failed_login(client, account):
    reply = account.login("wrong-password")
    assert reply.header("WWW-Authenticate").startswith("Bearer")
    assert "invalid_token" not in reply.header("WWW-Authenticate")


def test_answers_with_a_users_data_are_not_cached(client, account):
    token = account.session.access_token
    for path in ("/users/me", "/auth/sessions"):
        assert "no-store" in client.get(path, token=token).header("Cache-Control")


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_docs_pages_have_a_strict_csp(client, path):
    reply = client.get(path)
    if reply.status in (301, 302, 308):
        reply = client.get(reply.header("Location").removeprefix(client.service.url))
    assert reply.expect(200).content_type == "text/html"
    policy = {}
    for directive in reply.header("Content-Security-Policy").split(";"):
        name, _, sources = directive.strip().partition(" ")
        policy[name] = sources.split()
    scripts = policy.get("script-src", policy["default-src"])
    assert "'unsafe-inline'" not in scripts and "'unsafe-eval'" not in scripts
    assert "*" not in scripts and "https:" not in scripts
    for source in re.findall(r"<(?:script|link)[^>]+(?:src|href)=\"([^\"]+)\"", reply.text):
        assert not source.startswith(("http:", "https:", "//")), f"{source} is not ours"
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S", reply.text), "an inline script"


@pytest.mark.parametrize(
    "header",
    [
        "X-User-Id: 987654321",
        "X-Session-Id: 987654321",
        "X-Forwarded-For: 192.0.2.77",
        "X-Real-IP: 192.0.2.77",
        "Forwarded: for=192.0.2.77",
        "Proxy: http://evil.example/",
    ],
)
def test_spoofed_headers_change_nothing(client, account, header):
    name, _, value = header.partition(": ")
    reply = client.get(
        "/auth/sessions", token=account.session.access_token, headers={name: value}
    ).expect(200)
    assert value not in reply.text
    assert reply.json()["sessions"][0]["ip"] in LOOPBACK
