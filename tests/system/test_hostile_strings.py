# SPDX-License-Identifier: Apache-2.0
"""Naughty strings wherever a client can put one: never a 5xx, and no worker dies of it."""

import json
import urllib.parse

import pytest

from latchkey_testkit import vectors
from latchkey_testkit.accounts import fresh_email, fresh_username
from latchkey_testkit.client import RawSession, raw_request
from latchkey_testkit.secrecy import fresh_marker, fresh_password

STRINGS = vectors.naughty_strings() + [
    "\x00",
    "a" * 15000,
    "../" * 50,
    "%00%0d%0aSet-Cookie:%20x=1",
    "\r\nX-Injected: 1\r\n\r\n",
    "${jndi:ldap://x}",
    "%s%s%n%p",
    "\ud800",
    "\u202e\u2066",
    "';SELECT pg_sleep(9)--",
]


@pytest.fixture(autouse=True)
def _same_workers(service):
    before = service.worker_pids()
    yield
    assert service.worker_pids() == before, "a worker died"


def all_answers(send):
    """`send(string)` for all strings; fails with those whose answer is neither 2xx nor 4xx."""
    replies = [(string, send(string)) for string in STRINGS]
    bad = [
        (string, reply)
        for string, reply in replies
        if not (200 <= reply.status < 300 or 400 <= reply.status < 500)
    ]
    assert not bad
    return replies


def encoded(body):
    """JSON of any string, lone surrogates included (as escapes)."""
    return json.dumps(body).encode()


def raw_utf8(body):
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("encode", [encoded, raw_utf8])
@pytest.mark.parametrize("field", ["username", "email", "password"])
def test_in_a_registration(client, field, encode):
    def send(string):
        body = {
            "email": fresh_email(),
            "username": fresh_username(),
            "password": fresh_password(),
            field: string,
        }
        return client.post("/auth/register", body=encode(body))

    for string, reply in all_answers(send):
        if reply.status == 201 and field != "password":
            assert reply.json()["user"][field] == string


@pytest.mark.parametrize("field", ["username", "email", "password"])
def test_in_a_login(client, account, field):
    def send(string):
        name = "email" if field == "email" else "username"
        body = {name: account.username, "password": account.password, field: string}
        return client.post("/auth/login", body=encoded(body))

    all_answers(send)


def test_in_a_login_form(client):
    def send(string):
        pairs = {"username": string, "password": string}
        form = urllib.parse.urlencode(pairs, errors="surrogatepass").encode()
        return client.post("/auth/login", form=form)

    all_answers(send)


def test_as_a_refresh_token(client):
    all_answers(
        lambda string: client.post("/auth/refresh", body=encoded({"refresh_token": string}))
    )


def test_as_a_member_name(client):
    all_answers(lambda string: client.post("/auth/register", body=encoded({string: string})))


def test_in_the_query(client):
    marker = fresh_marker()

    def send(string):
        query = urllib.parse.quote(string, safe="", errors="surrogatepass")[:6000]
        return client.get(f"/health?{marker}={query}&{query}")

    all_answers(send)


def test_in_the_path(raw_session):
    def send(string):
        path = urllib.parse.quote(string, safe="", errors="surrogatepass")[:6000]
        return raw_session.exchange(raw_request("GET", f"/auth/sessions/{path}"))

    all_answers(send)


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Origin",
        "User-Agent",
        "X-Request-ID",
        "traceparent",
        "Content-Type",
        "Access-Control-Request-Method",
        "Access-Control-Request-Headers",
        "Accept",
        "Cookie",
    ],
)
def test_in_a_header(service, raw_session, name):
    """Line ends would make two headers of one, so they are the only thing taken out."""

    def send(string):
        value = string.encode("utf-8", "surrogatepass")[:4000]
        value = value.replace(b"\r", b"").replace(b"\n", b"")
        method = "OPTIONS" if name.startswith("Access-Control") else "GET"
        headers = [(name, value)]
        if method == "OPTIONS":
            headers.append(("Origin", "https://app.example.com"))
        return raw_session.exchange(raw_request(method, "/users/me", headers))

    for _, reply in all_answers(send):
        assert reply.header("X-Injected") is None and reply.header("Set-Cookie") is None


def test_user_agents_reach_the_list_of_sessions(service, client, account):
    """The one header that is stored: it comes back as JSON, whatever it held."""
    session = RawSession(service)
    for string in STRINGS[:100]:
        value = string.encode("utf-8", "surrogatepass")[:2000]
        value = value.replace(b"\r", b"").replace(b"\n", b"").replace(b"\x00", b"")
        body = encoded({"username": account.username, "password": account.password})
        headers = [("User-Agent", value), ("Content-Type", "application/json")]
        reply = session.exchange(raw_request("POST", "/auth/login", headers, body))
        assert reply.status in (200, 400), reply
    client.get("/auth/sessions", token=account.session.access_token).expect(200).json()
