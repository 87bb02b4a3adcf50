# SPDX-License-Identifier: Apache-2.0
"""Cross-origin requests: preflights and answers, listed origins and others."""

import pytest

from latchkey_testkit.service import CORS_ORIGINS

ORIGIN = CORS_ORIGINS[0]

UNLISTED = [
    "https://evil.example.com",
    "http://app.example.com",
    "https://app.example.com:444",
    "https://app.example.com.evil.example",
    "https://app.example.comx",
    "https://appxexample.com",
    "https://xapp.example.com",
    "https://app.example.com/",
    "https://APP.example.com:8443",
    "null",
    "*",
    "https://app.example.com,https://admin.example.com:8443",
    "https://app.example.com https://evil.example.com",
]


def preflight(client, path, method, origin=ORIGIN, headers="authorization, content-type"):
    sent = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        sent["Access-Control-Request-Headers"] = headers
    return client.request("OPTIONS", path, headers=sent)


def assert_not_shared(reply):
    for name in ("Allow-Origin", "Allow-Credentials", "Allow-Methods", "Allow-Headers", "Expose-Headers"):
        assert reply.header(f"Access-Control-{name}") is None, reply


def assert_shared(reply, origin=ORIGIN):
    assert reply.headers_named("Access-Control-Allow-Origin") == [origin], reply
    assert reply.header("Access-Control-Allow-Credentials") == "true", reply
    assert "origin" in reply.tokens_of("Vary"), reply


@pytest.mark.parametrize("origin", CORS_ORIGINS)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/login"),
        ("POST", "/api/v1/auth/register"),
        ("GET", "/users/me"),
        ("PATCH", "/users/me"),
        ("DELETE", "/users/me"),
        ("PUT", "/users/me/password"),
        ("GET", "/health"),
    ],
)
def test_preflight(client, method, path, origin):
    reply = preflight(client, path, method, origin)
    assert reply.status in (200, 204), reply
    assert_shared(reply, origin)
    assert method.lower() in reply.tokens_of("Access-Control-Allow-Methods"), reply
    assert {"authorization", "content-type"} <= reply.tokens_of("Access-Control-Allow-Headers")


@pytest.mark.parametrize("origin", UNLISTED)
def test_preflight_of_an_unlisted_origin(client, origin):
    reply = preflight(client, "/auth/login", "POST", origin)
    assert_not_shared(reply)
    assert "origin" in reply.tokens_of("Vary"), reply


def test_preflight_allows_no_method_that_the_path_lacks(client):
    reply = preflight(client, "/auth/login", "DELETE")
    assert "delete" not in reply.tokens_of("Access-Control-Allow-Methods"), reply


def test_preflight_never_answers_with_a_wildcard(client):
    reply = preflight(client, "/auth/login", "POST")
    for name in ("Origin", "Methods", "Headers"):
        assert reply.header(f"Access-Control-Allow-{name}") != "*", reply


@pytest.mark.parametrize("origin", CORS_ORIGINS)
def test_answer(client, account, origin):
    token = account.session.access_token
    reply = client.get("/users/me", token=token, headers={"Origin": origin}).expect(200)
    assert_shared(reply, origin)


def test_errors_are_shared_too(client):
    """Else a browser hides the reason from the application."""
    origin = {"Origin": ORIGIN}
    assert_shared(client.get("/users/me", headers=origin).expect(401))
    assert_shared(client.post("/auth/login", {}, headers=origin).expect(400))
    assert_shared(client.get("/auth/login", headers=origin).expect(405))
    assert_shared(client.get("/nothing", headers=origin).expect(404))


@pytest.mark.parametrize("origin", CORS_ORIGINS)
def test_errors_of_nginx_are_shared_too(client, origin):
    reply = client.get("/docs/nothing", headers={"Origin": origin}).expect(404)
    assert_shared(reply, origin)


def test_a_page_can_read_the_same_headers_of_nginx_and_of_a_worker(client):
    """Retry-After above all, with which nginx answers when there is too much."""
    origin = {"Origin": ORIGIN}
    by_worker = client.get("/users/me", headers=origin).tokens_of("Access-Control-Expose-Headers")
    by_nginx = client.get("/docs/nothing", headers=origin).tokens_of("Access-Control-Expose-Headers")
    assert "retry-after" in by_worker and by_nginx == by_worker


@pytest.mark.parametrize("origin", UNLISTED)
def test_errors_of_nginx_to_an_unlisted_origin(client, origin):
    """Its list is of regular expressions, in which a dot must stay a dot."""
    reply = client.get("/docs/nothing", headers={"Origin": origin}).expect(404)
    assert_not_shared(reply)
    assert "origin" in reply.tokens_of("Vary"), reply


@pytest.mark.parametrize("origin", UNLISTED)
def test_answer_to_an_unlisted_origin(client, origin):
    reply = client.get("/health", headers={"Origin": origin}).expect(200)
    assert_not_shared(reply)
    assert "origin" in reply.tokens_of("Vary"), reply


def test_no_origin(client):
    """The answer still varies: a cache must not give it to a listed origin."""
    reply = client.get("/health").expect(200)
    assert_not_shared(reply)
    assert "origin" in reply.tokens_of("Vary"), reply
