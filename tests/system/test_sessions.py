# SPDX-License-Identifier: Apache-2.0
"""Logout, logout-all, the list of sessions, and ending one of them."""

import pytest

from latchkey_testkit.accounts import Account
from latchkey_testkit.client import LOOPBACK
from latchkey_testkit.problem import check_timestamp
from latchkey_testkit.tokens import claims_of

SESSION_MEMBERS = {
    "id",
    "created_at",
    "last_used_at",
    "expires_at",
    "ip",
    "user_agent",
    "device",
    "network",
    "current",
}


def sessions_of(client, session):
    reply = client.get("/auth/sessions", token=session.access_token).expect(200)
    assert reply.json().keys() == {"sessions"}
    return reply.json()["sessions"]


def session_id(session):
    return claims_of(session.access_token)["sid"]


def test_logout_ends_this_session_only(account):
    other = account.new_session()
    reply = account.session.logout().expect(200)
    assert reply.json().keys() == {"message"}
    account.session.assert_ended()
    other.assert_lives()


def test_logout_is_idempotent(account):
    first = account.session.logout().expect(200)
    second = account.session.logout().expect(200)
    assert first.json() == second.json()


def test_logout_with_a_used_token_ends_the_session(client, account):
    used = account.session.refresh_token
    account.session.refresh_and_take()
    client.post("/auth/logout", {"refresh_token": used}).expect(200)
    account.session.assert_ended()


@pytest.mark.parametrize("body", [{}, {"refresh_token": None}, {"refresh_token": []}], ids=repr)
def test_logout_without_a_token(client, body):
    assert client.post("/auth/logout", body).faulty_fields() == {"refresh_token"}


def test_logout_with_an_access_token(client, account):
    reply = client.post("/auth/logout", {"refresh_token": account.session.access_token})
    reply.expect_problem(401, "TOKEN_INVALID")
    account.session.assert_lives()


def test_logout_of_an_inactive_user(account):
    account.set_active(False)
    account.session.logout().expect(200)
    account.set_active(True)
    account.session.assert_ended()


def test_logout_all(client, account):
    sessions = [account.session, account.new_session(), account.new_session()]
    stranger = Account(client).session
    reply = client.post("/auth/logout-all", token=sessions[1].access_token).expect(200)
    assert isinstance(reply.json()["message"], str)
    for session in sessions:
        session.assert_ended()
    stranger.assert_lives()
    account.login().expect(200)


def test_list(client, account):
    other = account.new_session()
    listed = sessions_of(client, account.session)
    assert [entry["id"] for entry in listed] == [session_id(other), session_id(account.session)]
    assert [entry["current"] for entry in listed] == [False, True]
    for entry in listed:
        assert entry.keys() == SESSION_MEMBERS
        check_timestamp(entry["created_at"])
        check_timestamp(entry["last_used_at"])
        assert entry["expires_at"] > entry["created_at"]
        assert entry["ip"] in LOOPBACK
        assert entry["user_agent"] == "latchkey-testkit"


def test_list_leaves_out_what_has_ended(client, account):
    other = account.new_session()
    other.logout().expect(200)
    assert [entry["id"] for entry in sessions_of(client, account.session)] == [
        session_id(account.session)
    ]


def test_list_is_at_most_a_hundred_and_newest_first(service, client, account):
    service.query(
        "INSERT INTO latchkey.sessions SELECT (jsonb_populate_record(s, jsonb_build_object("
        "  'id', gen_random_uuid(), 'created_at', s.created_at - n * interval '1 second'))).*"
        " FROM latchkey.sessions s, generate_series(1, 120) n WHERE s.id = %s RETURNING id",
        (session_id(account.session),),
    )
    listed = sessions_of(client, account.session)
    assert len(listed) == 100
    created = [entry["created_at"] for entry in listed]
    assert created == sorted(created, reverse=True)


def test_end_another_session(client, account):
    other = account.new_session()
    path = f"/auth/sessions/{session_id(other)}"
    assert client.delete(path, token=account.session.access_token).expect(204).body == b""
    other.assert_ended()
    account.session.assert_lives()
    client.delete(path, token=account.session.access_token).expect_problem(404, "NOT_FOUND")


def test_end_the_current_session(client, account):
    path = f"/auth/sessions/{session_id(account.session)}"
    client.delete(path, token=account.session.access_token).expect(204)
    account.session.assert_ended()


def test_a_session_of_somebody_else_is_not_found(client, account):
    stranger = Account(client).session
    path = f"/auth/sessions/{session_id(stranger)}"
    client.delete(path, token=account.session.access_token).expect_problem(404, "NOT_FOUND")
    stranger.assert_lives()


@pytest.mark.parametrize(
    "session",
    [
        "00000000-0000-4000-8000-000000000000",
        "1",
        "not-a-uuid",
        "%00",
        "0" * 300,
        "{00000000-0000-4000-8000-000000000000}",
        "'%20OR%201=1",
    ],
)
def test_no_such_session(client, account, session):
    reply = client.delete(f"/auth/sessions/{session}", token=account.session.access_token)
    assert reply.status == (400 if session == "%00" else 404), reply


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/logout-all"),
        ("GET", "/auth/sessions"),
        ("DELETE", "/auth/sessions/00000000-0000-4000-8000-000000000000"),
    ],
)
class TestBearerPaths:
    def test_no_token(self, client, method, path):
        client.request(method, path).expect_problem(401, "NOT_AUTHENTICATED")

    def test_refresh_token(self, client, account, method, path):
        reply = client.request(method, path, token=account.session.refresh_token)
        reply.expect_problem(401, "TOKEN_INVALID")

    def test_ended_session(self, client, account, method, path):
        account.session.logout().expect(200)
        reply = client.request(method, path, token=account.session.access_token)
        reply.expect_problem(401, "TOKEN_REVOKED")

    def test_inactive_user(self, client, account, method, path):
        account.set_active(False)
        reply = client.request(method, path, token=account.session.access_token)
        reply.expect_problem(403, "USER_INACTIVE")
