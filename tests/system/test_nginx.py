# SPDX-License-Identifier: Apache-2.0
"""What nginx answers by itself, TLS and HTTP versions, and the plain port."""

import contextlib
import re
import socket
import ssl

import pytest

from latchkey_testkit.accounts import registration
from latchkey_testkit.client import (
    TIMEOUT_S,
    Http2Client,
    open_connection,
    plain_exchange,
    raw_exchange,
    raw_request,
    tls_context,
)


@pytest.fixture
def http2(service):
    return Http2Client(service)


# --- its own errors ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",  # no Host
        b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a/b\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /../.. HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"get /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /health HTTP/x\r\nHost: localhost\r\n\r\n",
        b"GET health HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
        + b"9" * 20
        + b"\r\n\r\n",
        b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: a\x00b\r\n\r\n",
    ],
    ids=lambda data: ascii(data)[2:60],
)
def test_bad_request(service, request_bytes):
    raw_exchange(service, request_bytes).expect_problem(400, "VALIDATION_ERROR")


@pytest.mark.parametrize("path", ["/health", "/auth/login", "/docs"])
def test_uri_too_long(service, path):
    request = raw_request("GET", f"{path}?{'x' * 70000}", [("Connection", "close")])
    raw_exchange(service, request).expect_problem(414, "URI_TOO_LONG")


@pytest.mark.parametrize(
    "headers",
    [[("X-Long", "x" * 70000)], [(f"X-Many-{i}", "x" * 2000) for i in range(40)]],
    ids=["one", "many"],
)
def test_headers_too_large(service, headers):
    request = raw_request("GET", "/health", headers)
    raw_exchange(service, request).expect_problem(431, "HEADERS_TOO_LARGE")


def test_body_too_large_is_refused_by_its_declared_length(service):
    request = (
        b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 10000000\r\n\r\n"
    )
    raw_exchange(service, request).expect_problem(413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
def test_methods_that_nginx_refuses(service, method):
    reply = raw_exchange(service, raw_request(method, "/health", [("Connection", "close")]))
    assert reply.status in (400, 405), reply


def test_plain_http_on_the_tls_port(service):
    request = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    reply = plain_exchange(service, request, port=service.https_port)
    reply.expect_problem(400, "VALIDATION_ERROR")


def test_a_request_that_stops_in_the_middle_harms_nobody(service, client):
    before = service.worker_pids()
    for data in (b"POST /auth/lo", b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Le"):
        _send_and_hang_up(service, data)
    _send_and_hang_up(
        service,
        b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b'Content-Length: 100\r\n\r\n{"username":',
    )
    client.get("/users/me").expect(401)
    assert service.worker_pids() == before


def test_a_client_that_leaves_before_the_answer_harms_nobody(service, client):
    before = service.worker_pids()
    for _ in range(20):
        _send_and_hang_up(service, raw_request("GET", "/readiness"))
    client.get("/users/me").expect(401)
    assert service.worker_pids() == before


def _send_and_hang_up(service, data):
    with socket.create_connection(("127.0.0.1", service.https_port), TIMEOUT_S) as plain:
        with tls_context(service).wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(data)


# --- TLS and HTTP versions ---------------------------------------------------------------------


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_versions(service, version):
    context = tls_context(service)
    context.minimum_version = context.maximum_version = version
    request = raw_request("GET", "/health", [("Connection", "close")])
    raw_exchange(service, request, context=context).expect(200)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(service):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")  # else this side would refuse first
    with pytest.raises(ssl.SSLError, match="(?i)alert|version"):
        raw_exchange(service, raw_request("GET", "/health"), context=context)


def test_http2(http2):
    assert http2.request("GET", "/health").expect(200).version == "HTTP/2"
    tokens = http2.request("POST", "/auth/register", json=registration()).expect(201).json()
    http2.request("GET", "/users/me", token=tokens["access_token"]).expect(200)
    http2.request("GET", "/users/me").expect_problem(401, "NOT_AUTHENTICATED")
    http2.request("GET", "/nothing").expect_problem(404, "NOT_FOUND")
    http2.request("GET", "/docs/nothing").expect_problem(404, "NOT_FOUND")
    http2.request("POST", "/auth/login", body=b"x" * 20000).expect_problem(413, "PAYLOAD_TOO_LARGE")


def test_http10(service):
    reply = raw_exchange(service, b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
    reply.expect(200)


# --- the plain port ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/docs", "/docs/", "/redoc"])
def test_plain_port_redirects_the_docs(service, path):
    request = raw_request("GET", path, [("Connection", "close")])
    reply = plain_exchange(service, request)
    assert reply.status in (301, 308), reply
    location = reply.header("Location")
    assert location.startswith(("https://localhost", service.url)) and path in location


@pytest.mark.parametrize(
    "path",
    [
        "/docs/%0d%0aX-Injected:%201",
        "/docs/%0D%0ASet-Cookie:%20a=b",
        "/docs/%0a%0a<script>",
        "/redoc/%00%0d%0aX-Injected:%201",
        "/docs/?%0d%0aX-Injected:%201",
        "/api/v1/docs/%0d%0aX-Injected:%201",
    ],
)
def test_a_path_adds_no_header_to_the_redirect(service, path):
    """nginx decodes a path, and writes a Location as it stands."""
    request = raw_request("GET", path, [("Connection", "close")])
    reply = plain_exchange(service, request)
    assert reply.status in (301, 308, 400), reply
    assert not {"x-injected", "set-cookie"} & {name.lower() for name, _ in reply.header_pairs}, reply
    assert re.fullmatch(r"(https://localhost[^\s<>]*)?", reply.header("Location") or ""), reply


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/health"),
        ("GET", "/users/me"),
        ("POST", "/auth/login"),
        ("POST", "/docs"),
        ("GET", "/api/v1/users/me"),
        ("GET", "/nothing"),
    ],
)
def test_plain_port_refuses_the_rest(service, method, path):
    headers = [("Connection", "close"), ("Content-Length", "0")]
    reply = plain_exchange(service, raw_request(method, path, headers))
    reply.expect_problem(400, "VALIDATION_ERROR")
    assert reply.header("Location") is None


# --- the hash queue -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/auth/login"), ("POST", "/auth/register"), ("PUT", "/users/me/password")],
)
def test_dribbled_bodies_of_one_address_leave_the_queue_to_others(client, account, service, method, path):
    """nginx counts a request from its header on: one address must not fill the queue (100 here)."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            connection = stack.enter_context(open_connection(service, "127.0.0.2"))
            connection.sendall(f"{head}Content-Length: 9000\r\n\r\n{{".encode())
        account.login().expect(200)
        client.post("/auth/register", registration()).expect(201)


def test_dribbled_bodies_of_several_addresses_leave_the_queue_to_others(client, account, service):
    """A client's part is 75 of the 100 here: three of them would fill either queue."""
    with contextlib.ExitStack() as stack:
        for path in ("/auth/login", "/auth/register"):
            head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            for number in range(3 * 75):
                connection = stack.enter_context(open_connection(service, f"127.0.0.{2 + number // 75}"))
                connection.sendall(f"{head}Content-Length: 9000\r\n\r\n{{".encode())
        account.login().expect(200)
        client.post("/auth/register", registration()).expect(201)
