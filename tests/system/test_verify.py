# SPDX-License-Identifier: Apache-2.0
"""GET /auth/verify, which nginx's auth_request asks."""

import pytest

from latchkey_testkit.tokens import claims_of


def verify(client, session, query=""):
    return client.get("/auth/verify" + query, token=session.access_token)


def assert_names_user_and_session(reply, account):
    assert reply.body == b""
    assert reply.header("X-User-Id") == str(account.id)
    assert reply.header("X-Session-Id") == claims_of(account.session.access_token)["sid"]


def test_by_the_token_alone(client, account):
    assert_names_user_and_session(verify(client, account.session).expect(204), account)


def test_with_the_session_looked_up(client, account):
    reply = verify(client, account.session, "?check=session").expect(204)
    assert_names_user_and_session(reply, account)


def test_no_token(client):
    client.get("/auth/verify").expect_problem(401, "NOT_AUTHENTICATED")


def test_refresh_token(client, account):
    reply = client.get("/auth/verify", token=account.session.refresh_token)
    reply.expect_problem(401, "TOKEN_INVALID")


def test_expired(client, mint):
    client.get("/auth/verify", token=mint.expired()).expect_problem(401, "TOKEN_EXPIRED")


@pytest.mark.parametrize("query", ["", "?check=session"])
def test_an_ended_session(client, account, query):
    account.session.logout().expect(200)
    verify(client, account.session, query).expect_problem(401, "TOKEN_REVOKED")


def test_an_inactive_user_is_seen_only_when_looked_up(client, account):
    account.set_active(False)
    verify(client, account.session).expect(204)
    verify(client, account.session, "?check=session").expect_problem(403, "USER_INACTIVE")


def test_a_refusal_names_nobody(client, mint):
    reply = client.get("/auth/verify", token=mint.expired())
    assert reply.header("X-User-Id") is None and reply.header("X-Session-Id") is None


def test_no_database_call(service, client, account):
    """Protecting an application asks the database nothing."""
    request_id = verify(client, account.session).expect(204).header("X-Request-ID")
    assert service.logs.wait_for_request(request_id).get("db_ms", 0) in (0, None)


@pytest.mark.parametrize("query", ["?check=Session", "?check=", "?check", "?Check=user", "?a=b&check=no"])
def test_a_misspelt_check_is_refused(client, account, query):
    """It must not turn the look-up off unseen."""
    account.session.logout().expect(200)
    verify(client, account.session, query).expect_problem(400, "VALIDATION_ERROR")
