# SPDX-License-Identifier: Apache-2.0
"""One copy with settings unlike those of the other tests: rate limit, no leeway, composition,
INFO log, no CORS, another issuer, other lifetimes."""

import pytest

from latchkey_testkit.accounts import Account, registration
from latchkey_testkit.client import Client
from latchkey_testkit.tokens import Mint, claims_of
from latchkey_testkit.waiting import at_once

SETTINGS = {
    "RATE_LIMIT_LOGIN": "2r/m",
    "REFRESH_REUSE_LEEWAY": "0",
    "PASSWORD_POLICY": "composition",
    "PASSWORD_MIN_LENGTH": "10",
    "JWT_ISSUER": "issuer.example.com",
    "ACCESS_TOKEN_EXPIRE_MINUTES": "5",
    "REFRESH_TOKEN_EXPIRE_DAYS": "30",
    "LOG_LEVEL": "INFO",
}


@pytest.fixture(scope="module")
def service(spare):
    with spare(settings=SETTINGS) as running:
        yield running


def test_too_many_logins(client, account):
    """429 after the burst; other paths go on."""
    clients = [client.fresh() for _ in range(30)]
    replies = at_once(
        30, lambda i: clients[i].post("/auth/login", {"username": f"x{i}", "password": "y"})
    )
    refused = [reply for reply in replies if reply.status == 429]
    assert refused
    for reply in refused:
        reply.expect_problem(429, "TOO_MANY_REQUESTS")
    assert {reply.status for reply in replies} <= {400, 401, 429}
    client.post("/api/v1/auth/login", {}).expect_problem(429, "TOO_MANY_REQUESTS")
    account.session.me().expect(200)
    account.session.refresh().expect(200)


def test_without_a_leeway_every_second_use_is_theft(client, account):
    used = account.session.refresh_token
    account.session.refresh_and_take()
    client.post("/auth/refresh", {"refresh_token": used}).expect_problem(401, "TOKEN_REVOKED")
    account.session.assert_ended()


def test_parallel_refreshes_without_a_leeway_rotate_once(client, account):
    clients = [client.fresh() for _ in range(20)]
    body = {"refresh_token": account.session.refresh_token}
    replies = at_once(20, lambda i: clients[i].post("/auth/refresh", body))
    assert sorted(reply.status for reply in replies) == [200] + [401] * 19
    for reply in replies:
        if reply.status == 401:
            reply.expect_problem(401, "TOKEN_REVOKED")


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("Abcdefghi1", True),
        ("1aB       ", True),
        ("abcdefghi1", False),
        ("ABCDEFGHI1", False),
        ("Abcdefghij", False),
        ("Abcdefg1", False),
        ("éÉ12345678", False),
    ],
)
def test_composition(client, password, good):
    reply = client.post("/auth/register", registration(password=password))
    if good:
        reply.expect(201)
    else:
        assert reply.faulty_fields() == {"password"}


def test_lifetimes_and_issuer(account):
    access = claims_of(account.session.access_token)
    refresh = claims_of(account.session.refresh_token)
    assert access["iss"] == refresh["iss"] == "issuer.example.com"
    assert access["exp"] - access["iat"] == 5 * 60
    assert refresh["exp"] - refresh["iat"] == 30 * 86400


def test_tokens_of_another_issuer(service, client, account):
    mint = Mint(service.signing_key, account.session.access_token)
    client.get("/users/me", token=mint.token()).expect(200)
    token = mint.token({"iss": "latchkey"})
    client.get("/users/me", token=token).expect_problem(401, "TOKEN_INVALID")


def test_no_origin_is_listed(client):
    headers = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"}
    for method in ("OPTIONS", "GET"):
        reply = client.request(method, "/health", headers=headers)
        assert reply.header("Access-Control-Allow-Origin") is None
        assert reply.header("Access-Control-Allow-Credentials") is None


def test_probes_and_docs_are_not_logged_at_info(service, client, account):
    quiet = [client.get(path) for path in ("/health", "/readiness")]
    loud = account.session.me()
    service.logs.wait_for_request(loud.header("X-Request-ID"))
    for reply in quiet:
        assert service.logs.request_lines(reply.header("X-Request-ID")) == []
    _, lines = service.logs.worker_lines(service.worker_log_start)
    assert "DEBUG" not in {line["level"] for line in lines}


def test_accounts_survive_a_restart(service):
    """`make down` keeps the data, and the key: nobody is logged out."""
    account = Account(Client(service))
    service.restart()
    client = Client(service)
    client.get("/users/me", token=account.session.access_token).expect(200)
    client.post("/auth/refresh", {"refresh_token": account.session.refresh_token}).expect(200)
