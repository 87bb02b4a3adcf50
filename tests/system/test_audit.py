# SPDX-License-Identifier: Apache-2.0
"""The audit trail: one row for each deed, with who, what and from where, and nothing secret."""

import json

import pytest

from latchkey_testkit import program, secrecy
from latchkey_testkit.accounts import fresh_email, fresh_username, registration
from latchkey_testkit.secrecy import fresh_password
from latchkey_testkit.tokens import claims_of

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
EX_NOUSER = 67


@pytest.fixture
def trail(service):
    return Trail(service)


class Trail:
    """What has been written since the last look."""

    def __init__(self, service):
        self.service = service
        [(self._last,)] = service.query("SELECT coalesce(max(id), 0) FROM latchkey.audit_events")

    def skip(self):
        self.rows()

    def rows(self):
        rows = self.service.query(
            "SELECT id, event, user_id, session_id::text, detail, host(ip), user_agent, request_id,"
            " actor, a::text FROM latchkey.audit_events AS a WHERE id > %s ORDER BY id",
            (self._last,),
        )
        if rows:
            self._last = rows[-1][0]
        for row in rows:
            assert not any(secret in row[-1] for secret in secrecy.known()), row[1]
        return [row[1:-1] for row in rows]

    def expect_one(self, reply, event, user_id, session=None, detail=None):
        """The only row since the last look is this one, of the request that got this answer."""
        [row] = self.rows()
        assert row[:4] == (event, user_id, session, detail)
        assert row[4] in ("127.0.0.1", "::1") and row[5] == AGENT
        assert row[6:] == (reply.header("X-Request-ID"), None)


def call(client, method, path, body=None, token=None, form=None):
    headers = {"User-Agent": AGENT}
    return client.request(method, path, json=body, form=form, headers=headers, token=token)


def session_of(reply):
    """The id of the session that an answer with tokens is of."""
    return claims_of(reply.json()["access_token"])["sid"]


def sid(session):
    return claims_of(session.access_token)["sid"]


def registered(client):
    body = registration()
    reply = call(client, "POST", "/auth/register", body).expect(201)
    return body, reply


def test_registration(client, trail):
    _, reply = registered(client)
    trail.expect_one(reply, "registered", reply.json()["user"]["id"], session_of(reply))


@pytest.mark.parametrize("way", ["json", "form"])
@pytest.mark.parametrize("name", ["username", "email"])
def test_login(client, account, trail, way, name):
    value = getattr(account, name)
    body = {"username": value, "password": account.password}
    if way == "json":
        reply = call(client, "POST", "/auth/login", {name: value, "password": account.password})
    else:
        reply = call(client, "POST", "/auth/login", form=body)
    reply.expect(200)
    trail.expect_one(reply, "logged_in", account.id, session_of(reply))


def test_logins_that_fail(client, account, trail):
    def login(name, password):
        return call(client, "POST", "/auth/login", {"username": name, "password": password})

    reply = login(account.username, fresh_password()).expect(401)
    trail.expect_one(reply, "login_failed", account.id, None, "wrong_password")
    reply = login(secrecy.remember(fresh_username()), fresh_password()).expect(401)
    trail.expect_one(reply, "login_failed", None, None, "unknown_user")
    account.set_active(False)
    reply = login(account.username, account.password).expect(403)
    trail.expect_one(reply, "login_failed", account.id, None, "inactive")


def test_a_throttled_login(client, account, trail):
    """The first one that is refused is written down, and no other."""
    body = {"username": account.username, "password": fresh_password()}
    while (reply := call(client, "POST", "/auth/login", body)).status == 401:
        trail.skip()
    reply.expect_problem(429, "TOO_MANY_REQUESTS")
    trail.expect_one(reply, "login_throttled", account.id, None, "known address")
    if call(client, "POST", "/auth/login", body).status == 429:
        assert trail.rows() == []


def test_reuse_of_a_refresh_token(service, client, account, trail):
    stolen = account.session.refresh_token
    account.session.refresh_and_take()
    service.query(
        "UPDATE latchkey.sessions SET rotated_at = rotated_at - interval '1 hour'"
        " WHERE user_id = %s RETURNING 1",
        (account.id,),
    )
    trail.skip()
    reply = call(client, "POST", "/auth/refresh", {"refresh_token": stolen}).expect(401)
    session = sid(account.session)
    trail.expect_one(reply, "refresh_reused", account.id, session)


def test_logout(client, account, trail):
    body = {"refresh_token": account.session.refresh_token}
    reply = call(client, "POST", "/auth/logout", body).expect(200)
    trail.expect_one(reply, "logged_out", account.id, sid(account.session))
    call(client, "POST", "/auth/logout", body).expect(200)
    assert trail.rows() == []  # it was over already


def test_logout_everywhere(client, account, trail):
    reply = call(client, "POST", "/auth/logout-all", token=account.session.access_token).expect(200)
    trail.expect_one(reply, "logged_out_all", account.id, sid(account.session))


def test_revoked_session(client, account, trail):
    other = account.new_session()
    trail.skip()
    path = f"/auth/sessions/{sid(other)}"
    reply = call(client, "DELETE", path, token=account.session.access_token).expect(204)
    trail.expect_one(reply, "session_revoked", account.id, sid(other))


def test_changes_of_the_user(client, account, trail):
    token = account.session.access_token
    body = {"email": fresh_email(), "username": fresh_username()}
    reply = call(client, "PUT", "/users/me", body, token).expect(200)
    trail.expect_one(reply, "user_updated", account.id, sid(account.session), "email,username")
    reply = call(client, "DELETE", "/users/me", token=token).expect(204)
    trail.expect_one(reply, "user_deactivated", account.id, sid(account.session))


def test_password_changes(client, account, trail):
    def change(current):
        body = {"current_password": current, "new_password": fresh_password()}
        return call(client, "PUT", "/users/me/password", body, account.session.access_token)

    session = sid(account.session)
    reply = change(fresh_password()).expect(401)
    trail.expect_one(reply, "password_change_failed", account.id, session, "wrong_password")
    reply = change(account.password).expect(204)
    trail.expect_one(reply, "password_changed", account.id, session)
    while (reply := change(fresh_password())).status == 401:
        trail.skip()
    reply.expect_problem(429, "TOO_MANY_REQUESTS")
    trail.expect_one(reply, "password_change_throttled", account.id, session)


# --- for administrators ------------------------------------------------------------------------------


def audit(service, *words):
    done = program.run(service, "user", "audit", *words)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def test_shown_to_administrators(service, client):
    body, reply = registered(client)
    name, user_id = body["username"], reply.json()["user"]["id"]
    wrong = {"username": name, "password": fresh_password()}
    failed = call(client, "POST", "/auth/login", wrong).expect(401)
    done = program.run(service, "user", "revoke", name, "--all")
    assert done.returncode == 0, done

    shown = [json.loads(line) for line in audit(service, name, "--json").splitlines()]
    assert [event["event"] for event in shown] == ["sessions_revoked", "login_failed", "registered"]
    assert shown[0]["actor"].startswith("cli:") and shown[0]["detail"] == "sessions=1"
    assert shown[1]["request_id"] == failed.header("X-Request-ID")
    assert (shown[1]["detail"], shown[1]["user_agent"]) == ("wrong_password", AGENT)
    assert shown[2]["session_id"] == session_of(reply) and shown[2]["ip"] in ("127.0.0.1", "::1")

    table = audit(service, f"id:{user_id}", "--limit", "2").splitlines()
    assert table[0].split()[:3] == ["TIME", "EVENT", "ADDRESS"] and len(table) == 3
    assert "cli:" in table[1] and "Firefox on Linux" in table[2]
    secrecy.assert_absent(audit(service, name), "\n".join(table))


def test_nobody_to_show(service):
    done = program.run(service, "user", "audit", fresh_username())
    assert done.returncode == EX_NOUSER, done


def test_sessions_name_device_and_network(service, client, account):
    body = {"username": account.username, "password": account.password}
    reply = call(client, "POST", "/auth/login", body).expect(200)
    listed = client.get("/auth/sessions", token=reply.json()["access_token"]).json()["sessions"]
    assert (listed[0]["device"], listed[0]["network"]) == ("Firefox on Linux", "local")
    assert listed[1]["device"] is None  # the testkit is no program that anybody knows
    done = program.run(service, "user", "sessions", account.username)
    assert "local    Firefox on Linux" in done.stdout
