# SPDX-License-Identifier: Apache-2.0
"""/users/me: read, change, delete; and /users/me/password."""

import pytest

from latchkey_testkit.accounts import Account, fresh_email, fresh_username, registration
from latchkey_testkit.secrecy import fresh_password
from latchkey_testkit.waiting import at_once


def change(client, account, body, method="PATCH"):
    return client.request(method, "/users/me", json=body, token=account.session.access_token)


def change_password(client, account, current, new):
    body = {"current_password": current, "new_password": new}
    return client.put("/users/me/password", body, token=account.session.access_token)


def test_me(client, account):
    user = account.session.me().expect(200).json()
    assert user == account.session.user


def test_head_me(client, account):
    reply = client.request("HEAD", "/users/me", token=account.session.access_token).expect(200)
    assert reply.body == b""


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("fields", [("email",), ("username",), ("email", "username")])
def test_change(client, account, method, fields):
    fresh = {"email": fresh_email(), "username": fresh_username()}
    body = {field: fresh[field] for field in fields}
    user = change(client, account, body, method).expect(200).json()
    assert user == {**account.session.user, **body, "updated_at": user["updated_at"]}
    assert user["updated_at"] >= account.session.user["updated_at"]
    assert account.session.me().json() == user
    login = {"email": user["email"], "password": account.password}
    client.post("/auth/login", login).expect(200)


def test_change_of_case_only(client, account):
    user = change(client, account, {"username": account.username.upper()}).expect(200).json()
    assert user["username"] == account.username.upper()


def test_nothing_to_change(client, account):
    change(client, account, {}).expect_problem(400, "VALIDATION_ERROR")


@pytest.mark.parametrize("field", ["email", "username"])
def test_taken_by_another(client, account, field):
    other = Account(client)
    reply = change(client, account, {field: getattr(other, field).upper()})
    reply.expect_problem(409, "USER_ALREADY_EXISTS")
    assert account.session.me().json() == account.session.user


def test_all_faults_at_once(client, account):
    reply = change(client, account, {"email": "x", "username": "x"})
    assert reply.faulty_fields() == {"email", "username"}


@pytest.mark.parametrize("field", ["email", "username"])
@pytest.mark.parametrize("value", [1, "", [], "a\tb@example.com"], ids=repr)
def test_field_rules(client, account, field, value):
    assert change(client, account, {field: value}).faulty_fields() == {field}


def test_members_that_are_not_the_users_to_change(client, account):
    body = {"username": fresh_username(), "id": 1, "is_active": False, "password": "ignored-text"}
    user = change(client, account, body).expect(200).json()
    assert user["id"] == account.id and user["is_active"] is True
    account.username = user["username"]
    account.login().expect(200)


def test_one_name_wanted_by_many(client):
    accounts = [Account(client.fresh()) for _ in range(10)]
    username = fresh_username()
    replies = at_once(
        10, lambda i: change(accounts[i]._client, accounts[i], {"username": username})
    )
    assert sorted(reply.status for reply in replies) == [200] + [409] * 9


def test_delete_is_soft_and_final(service, client, account):
    other = account.new_session()
    token = account.session.access_token
    assert client.delete("/users/me", token=token).expect(204).body == b""
    account.session.assert_ended()
    other.assert_ended()
    account.login().expect_problem(403, "USER_INACTIVE")
    account.login("wrong-password").expect_problem(401, "INVALID_CREDENTIALS")
    reply = client.post("/auth/register", registration(username=account.username))
    reply.expect_problem(409, "USER_ALREADY_EXISTS")
    rows = service.query("SELECT is_active FROM latchkey.users WHERE id = %s", (account.id,))
    assert rows == [(False,)]


def test_inactive_user_with_a_living_session(client, account):
    account.set_active(False)
    account.session.me().expect_problem(403, "USER_INACTIVE")
    change(client, account, {"username": fresh_username()}).expect_problem(403, "USER_INACTIVE")
    token = account.session.access_token
    client.delete("/users/me", token=token).expect_problem(403, "USER_INACTIVE")
    reply = change_password(client, account, account.password, fresh_password())
    reply.expect_problem(403, "USER_INACTIVE")
    account.set_active(True)
    account.session.assert_lives()


def test_change_password(client, account):
    other = account.new_session()
    new = fresh_password()
    assert change_password(client, account, account.password, new).expect(204).body == b""
    other.assert_ended()
    account.session.assert_lives()
    account.session.refresh().expect(200)
    account.login().expect_problem(401, "INVALID_CREDENTIALS")
    account.login(new).expect(200)


def test_change_password_with_a_wrong_one(client, account):
    reply = change_password(client, account, fresh_password(), fresh_password())
    reply.expect_problem(401, "INVALID_CREDENTIALS")
    account.login().expect(200)


@pytest.mark.parametrize("new", ["short", "p" * 73, ""], ids=["short", "73", "empty"])
def test_new_password_breaks_a_rule(client, account, new):
    reply = change_password(client, account, account.password, new)
    assert reply.faulty_fields() == {"new_password"}
    account.login().expect(200)


@pytest.mark.parametrize("attribute", ["username", "email"])
def test_new_password_is_the_name(client, account, attribute):
    reply = change_password(client, account, account.password, getattr(account, attribute))
    assert reply.faulty_fields() == {"new_password"}


def test_change_password_fields_are_named_together(client, account):
    reply = client.put("/users/me/password", {}, token=account.session.access_token)
    assert reply.faulty_fields() == {"current_password", "new_password"}


def test_parallel_password_changes_leave_one_password(client, account):
    sessions = [account.new_session() for _ in range(5)]
    clients = [client.fresh() for _ in sessions]
    news = [fresh_password() for _ in sessions]

    def change_as(i):
        body = {"current_password": account.password, "new_password": news[i]}
        return clients[i].put("/users/me/password", body, token=sessions[i].access_token)

    replies = at_once(len(sessions), change_as)
    changed = [i for i, reply in enumerate(replies) if reply.status == 204]
    assert len(changed) == 1, replies
    assert all(reply.status in (204, 401) for reply in replies), replies
    account.login(news[changed[0]]).expect(200)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/users/me"),
        ("PUT", "/users/me"),
        ("PATCH", "/users/me"),
        ("DELETE", "/users/me"),
        ("PUT", "/users/me/password"),
    ],
)
class TestBearerPaths:
    BODY = {
        "username": "some-name-that-is-fine",
        "current_password": "some-password",
        "new_password": "other-password",
    }

    def send(self, client, method, path, token=None):
        body = self.BODY if method in ("PUT", "PATCH") else None
        return client.request(method, path, json=body, token=token)

    def test_no_token(self, client, method, path):
        self.send(client, method, path).expect_problem(401, "NOT_AUTHENTICATED")

    def test_garbage_token(self, client, method, path):
        self.send(client, method, path, "x.y.z").expect_problem(401, "TOKEN_INVALID")

    def test_refresh_token(self, client, account, method, path):
        token = account.session.refresh_token
        self.send(client, method, path, token).expect_problem(401, "TOKEN_INVALID")

    def test_expired(self, client, mint, method, path):
        self.send(client, method, path, mint.expired()).expect_problem(401, "TOKEN_EXPIRED")

    def test_ended_session(self, client, account, method, path):
        account.session.logout().expect(200)
        token = account.session.access_token
        self.send(client, method, path, token).expect_problem(401, "TOKEN_REVOKED")


def test_every_acknowledged_change_is_audited(service, client, account):
    def audited():
        [(count,)] = service.query(
            "SELECT count(*) FROM latchkey.audit_events WHERE user_id = %s", (account.id,)
        )
        return count

    before = audited()
    change_password(client, account, account.password, fresh_password()).expect(204)
    client.delete("/users/me", token=account.session.access_token).expect(204)
    assert audited() == before + 2
