# SPDX-License-Identifier: Apache-2.0
"""What the outside sees of nginx: no version anywhere, security.txt, and whose address counts behind
another proxy. Spoofed headers at an nginx that nobody stands before: test_headers, test_protect."""

import os
import signal

import pytest

from latchkey_testkit.accounts import Account
from latchkey_testkit.client import (
    Client,
    Http2Client,
    open_connection,
    plain_exchange,
    raw_exchange,
    raw_request,
)
from latchkey_testkit.waiting import wait_until

CLOSE = [("Connection", "close")]


@pytest.mark.parametrize(
    "path", ["/health", "/users/me", "/nothing", "/docs", "/docs/nothing", "/docs/", "/metrics"]
)
def test_server_without_a_version(service, path):
    for reply in (
        raw_exchange(service, raw_request("GET", path, CLOSE)),
        plain_exchange(service, raw_request("GET", path, CLOSE)),
        Http2Client(service).request("GET", path),
    ):
        assert reply.header("Server") == "nginx"
        for name in ("X-Powered-By", "Via"):
            assert reply.header(name) is None


def test_errors_without_a_version(service):
    for request in (b"GET\r\n\r\n", b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"):
        reply = raw_exchange(service, request)
        assert reply.header("Server") == "nginx" and "nginx" not in reply.text


# --- security.txt ------------------------------------------------------------------------------


def test_no_security_txt_until_the_operator_writes_one(service, client):
    client.get("/.well-known/security.txt").expect_problem(404, "NOT_FOUND")
    text = "Contact: mailto:security@example.com\nExpires: 2099-01-01T00:00:00.000Z\n"
    file = service.state_dir / "security.txt"
    file.write_text(text)
    try:
        reply = client.get("/.well-known/security.txt").expect(200)
        assert reply.text == text
        assert reply.header("Content-Type") == "text/plain; charset=utf-8"  # RFC 9116, section 3
        refused = client.post("/.well-known/security.txt").expect_problem(405, "METHOD_NOT_ALLOWED")
        assert refused["status"] == 405
    finally:
        file.unlink()


def test_methods_of_security_txt_are_those_that_it_names(client):
    path = "/.well-known/security.txt"
    allowed = client.post(path).expect(405).tokens_of("Allow")
    assert client.request("OPTIONS", path).expect(204).tokens_of("Allow") == allowed
    for method in allowed:
        assert client.request(method.upper(), path).status != 405


# --- behind another proxy ----------------------------------------------------------------------

CLIENT, PROXY = "192.0.2.77", "127.0.0.2"


@pytest.fixture
def behind_a_proxy(service):
    """Names 127.0.0.2 as a proxy, as docs/nginx.md says."""
    configuration = service.state_dir / "nginx" / "nginx.conf"
    before = configuration.read_text()
    named = f"http {{\n    set_real_ip_from {PROXY};\n    real_ip_header X-Forwarded-For;\n"
    configuration.write_text(before.replace("http {\n", named, 1))
    _reload(service)
    yield
    configuration.write_text(before)
    _reload(service)


def _reload(service):
    """Until a connection is answered by a process of the new configuration only."""
    pid = int((service.state_dir / "run" / "nginx.pid").read_text())
    children = f"/proc/{pid}/task/{pid}/children"

    def workers():
        with open(children) as file:
            return set(file.read().split())

    before = workers()
    os.kill(pid, signal.SIGHUP)
    wait_until(lambda: (now := workers()) and not now & before, "nginx to have taken it up")


def address_seen_of(service, account, source, forwarded):
    """The address that a login from `source` with this X-Forwarded-For is noted with."""
    body = f'{{"username":"{account.username}","password":"{account.password}"}}'
    head = (
        "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"X-Forwarded-For: {forwarded}\r\nX-Real-IP: {forwarded}\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with open_connection(service, source) as connection:
        connection.sendall((head + body).encode())
        assert connection.recv(12) == b"HTTP/1.1 200"
        while connection.recv(65536):
            pass
    (row,) = service.query(
        "SELECT host(ip) FROM latchkey.sessions WHERE user_id = %s ORDER BY created_at DESC LIMIT 1",
        (account.id,),
    )
    return row[0]


@pytest.mark.usefixtures("behind_a_proxy")
def test_only_a_named_proxy_is_believed(service):
    account = Account(Client(service))
    assert address_seen_of(service, account, PROXY, CLIENT) == CLIENT
    # What the client itself had written stands before it.
    assert address_seen_of(service, account, PROXY, f"198.51.100.1, {CLIENT}") == CLIENT
    assert address_seen_of(service, account, "127.0.0.3", CLIENT) == "127.0.0.3"


def test_without_a_named_proxy_nobody_is_believed(service):
    account = Account(Client(service))
    assert address_seen_of(service, account, PROXY, CLIENT) == PROXY
