# SPDX-License-Identifier: Apache-2.0
"""Every path of the contract: where it answers, with which methods, and under /api/v1."""

import pytest

from latchkey_testkit.accounts import registration
from latchkey_testkit.client import Client, raw_exchange, raw_request
from latchkey_testkit.problem import check_timestamp

SESSION_ID = "00000000-0000-4000-8000-000000000000"

ROUTES = {
    "/": {"GET"},
    "/health": {"GET"},
    "/readiness": {"GET"},
    "/auth/register": {"POST"},
    "/auth/login": {"POST"},
    "/auth/refresh": {"POST"},
    "/auth/refresh-token": {"POST"},
    "/auth/logout": {"POST"},
    "/auth/logout-all": {"POST"},
    "/auth/sessions": {"GET"},
    f"/auth/sessions/{SESSION_ID}": {"DELETE"},
    "/auth/verify": {"GET"},
    "/users/me": {"GET", "PUT", "PATCH", "DELETE"},
    "/users/me/password": {"PUT"},
}
DOCS = {"/docs": {"GET"}, "/redoc": {"GET"}, "/openapi.json": {"GET"}}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

PREFIXES = ("", "/api/v1")


def allowed(methods):
    head = {"HEAD"} if "GET" in methods else set()
    return {method.lower() for method in methods | head | {"OPTIONS"}}


@pytest.fixture(params=PREFIXES, ids=["root", "api-v1"])
def prefixed(request, service):
    return Client(service, request.param)


def test_root(prefixed):
    body = prefixed.get("/").expect(200).json()
    assert "latchkey" in body["name"].lower()
    assert body["version"]
    assert "/docs" in str(body)


def test_health(prefixed):
    body = prefixed.get("/health").expect(200).json()
    assert body.keys() == {"status", "timestamp"}
    assert body["status"] == "healthy"
    check_timestamp(body["timestamp"])


def test_readiness(prefixed):
    body = prefixed.get("/readiness").expect(200).json()
    assert body["status"] == "ready"
    assert isinstance(body["checks"], dict) and body["checks"]


def test_a_whole_life_under_the_prefix(prefixed):
    body = registration()
    prefixed.post("/auth/register", body).expect(201)
    login = {"username": body["username"], "password": body["password"]}
    tokens = prefixed.post("/auth/login", login).expect(200).json()
    refresh = {"refresh_token": tokens["refresh_token"]}
    tokens = prefixed.post("/auth/refresh", refresh).expect(200).json()
    token = tokens["access_token"]
    prefixed.get("/auth/verify", token=token).expect(204)
    prefixed.get("/users/me", token=token).expect(200)
    prefixed.get("/auth/sessions", token=token).expect(200)
    refresh = {"refresh_token": tokens["refresh_token"]}
    prefixed.post("/auth/logout", refresh).expect(200)
    prefixed.get("/users/me", token=token).expect_problem(401, "TOKEN_REVOKED")


@pytest.mark.parametrize("path", ROUTES)
def test_other_methods(prefixed, path):
    for method in (*METHODS, "PROPFIND", "FOO"):
        if method not in ROUTES[path]:
            reply = prefixed.request(method, path)
            reply.expect_problem(405, "METHOD_NOT_ALLOWED")
            assert reply.tokens_of("Allow") == allowed(ROUTES[path]), reply


@pytest.mark.parametrize("path", ROUTES)
def test_no_method_of_the_table_is_refused(prefixed, path):
    for method in ROUTES[path]:
        assert prefixed.request(method, path).status not in (404, 405)


@pytest.mark.parametrize("path", ROUTES)
def test_options(prefixed, path):
    reply = prefixed.request("OPTIONS", path)
    assert reply.status in (200, 204), reply
    assert reply.tokens_of("Allow") == allowed(ROUTES[path]), reply
    assert reply.body == b""


@pytest.mark.parametrize("path", ROUTES)
def test_head(prefixed, path):
    reply = prefixed.request("HEAD", path)
    assert reply.body == b""
    if "GET" in ROUTES[path]:
        assert reply.status == prefixed.get(path).status
    else:
        assert reply.status == 405
        assert reply.tokens_of("Allow") == allowed(ROUTES[path])


@pytest.mark.parametrize("path", DOCS)
def test_docs(client, path):
    reply = client.get(path)
    if reply.status in (301, 302, 308):  # to the folder's own address
        reply = client.get(reply.header("Location").removeprefix(client.service.url))
    assert reply.expect(200).body
    client.request("HEAD", path)


@pytest.mark.parametrize("path", DOCS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_docs_refuse_other_methods(client, path, method):
    reply = client.request(method, path)
    reply.expect_problem(405, "METHOD_NOT_ALLOWED")
    assert "get" in reply.tokens_of("Allow")


def test_openapi_is_json(client):
    document = client.get("/openapi.json").expect(200).json()
    assert document["openapi"].startswith("3.1")
    paths = {path.replace("{id}", SESSION_ID) for path in document["paths"]}
    assert set(ROUTES) <= paths


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/auth",
        "/auth/",
        "/auth/login/",
        "/auth/login/x",
        "/auth/loginx",
        "/AUTH/LOGIN",
        "/users",
        "/users/1",
        "/users/me/",
        "/users/me/x",
        "/users/me/password/x",
        "/api",
        "/api/v1/nothing",
        "/api/v2/health",
        "/api/v1/api/v1/health",
        "/healthz",
        "/.git/config",
        "/latchkey.env",
        "/docs/../latchkey.env",
        "/_problem",
        "/auth/sessions/",
        "/auth/sessions/a/b",
    ],
)
def test_not_found(service, path):
    """Sent as it is: libraries would tidy some of these."""
    for method in ("GET", "POST"):
        request = raw_request(method, path, [("Connection", "close"), ("Content-Length", "0")])
        raw_exchange(service, request).expect_problem(404, "NOT_FOUND")


def test_no_such_page(client):
    client.get("/docs/nothing").expect_problem(404, "NOT_FOUND")
    client.get("/redoc/nothing").expect_problem(404, "NOT_FOUND")


def test_paths_are_decoded_and_normalised(client, service):
    for path in ("/heal%74h", "/x/../health", "//health", "/./health"):
        raw_exchange(service, raw_request("GET", path, [("Connection", "close")])).expect(200)


def test_absolute_form(service):
    request = raw_request("GET", "https://localhost/health", [("Connection", "close")])
    raw_exchange(service, request).expect(200)


def test_fragments_and_empty_queries(service):
    for path in ("/health?", "/health?&&=&", "/health?x#y"):
        raw_exchange(service, raw_request("GET", path, [("Connection", "close")])).expect(200)


def test_a_body_on_a_get_is_ignored(client):
    client.request("GET", "/health", body=b"{").expect(200)
