# SPDX-License-Identifier: Apache-2.0
"""POST /auth/refresh: rotation, the leeway, theft, and what is no refresh token."""

import pytest

from latchkey_testkit.tokens import claims_of
from latchkey_testkit.waiting import at_once


def refresh(client, token, path="/auth/refresh"):
    return client.post(path, {"refresh_token": token})


def end_leeway(service, session):
    """Lets the last rotation be an hour old."""
    [_] = service.query(
        "UPDATE latchkey.sessions SET rotated_at = rotated_at - interval '1 hour'"
        " WHERE id = %s RETURNING id",
        (claims_of(session.refresh_token)["sid"],),
    )


@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/refresh-token"])
def test_rotation(client, account, path):
    old = account.session
    reply = refresh(client, old.refresh_token, path).expect(200)
    new = reply.json()
    assert new["refresh_token"] != old.refresh_token
    assert new["access_token"] != old.access_token
    assert new["user"]["id"] == account.id
    assert reply.header("Cache-Control") == "no-store"
    client.get("/users/me", token=new["access_token"]).expect(200)
    before, after = claims_of(old.refresh_token), claims_of(new["refresh_token"])
    assert after["sid"] == before["sid"]
    assert after["jti"] != before["jti"]


def test_the_access_token_of_before_lives_on_until_it_expires(account):
    old_access = account.session.access_token
    account.session.refresh_and_take()
    account.session._client.get("/users/me", token=old_access).expect(200)


def test_a_long_chain(account):
    seen = {account.session.refresh_token}
    for _ in range(10):
        seen.add(account.session.refresh_and_take().refresh_token)
    assert len(seen) == 11


def test_a_repeat_within_the_leeway_gives_the_same_refresh_token(client, account):
    used = account.session.refresh_token
    first = refresh(client, used).expect(200).json()
    second = refresh(client, used).expect(200).json()
    assert second["refresh_token"] == first["refresh_token"]
    for answer in (first, second):
        client.get("/users/me", token=answer["access_token"]).expect(200)
    refresh(client, first["refresh_token"]).expect(200)


def test_fifty_parallel_refreshes_converge(client, account):
    clients = [client.fresh() for _ in range(50)]
    replies = at_once(50, lambda i: refresh(clients[i], account.session.refresh_token))
    assert [reply.status for reply in replies] == [200] * 50
    new_tokens = {reply.json()["refresh_token"] for reply in replies}
    assert len(new_tokens) == 1
    assert account.session.refresh_token not in new_tokens
    refresh(client, new_tokens.pop()).expect(200)


def test_reuse_after_the_leeway_ends_the_whole_session(service, client, account):
    other = account.new_session()
    used = account.session.refresh_token
    account.session.refresh_and_take()
    end_leeway(service, account.session)
    refresh(client, used).expect_problem(401, "TOKEN_REVOKED")
    account.session.assert_ended()
    other.assert_lives()
    other.refresh().expect(200)


def test_two_rotations_behind_is_theft_even_within_the_leeway(client, account):
    used = account.session.refresh_token
    account.session.refresh_and_take().refresh_and_take()
    refresh(client, used).expect_problem(401, "TOKEN_REVOKED")
    account.session.assert_ended()


def test_reuse_is_audited(service, client, account):
    used = account.session.refresh_token
    account.session.refresh_and_take().refresh_and_take()
    count = "SELECT count(*) FROM latchkey.audit_events WHERE user_id = %s"
    [(before,)] = service.query(count, (account.id,))
    refresh(client, used).expect_problem(401, "TOKEN_REVOKED")
    [(after,)] = service.query(count, (account.id,))
    assert after == before + 1


def test_an_access_token_is_no_refresh_token(client, account):
    refresh(client, account.session.access_token).expect_problem(401, "TOKEN_INVALID")
    account.session.assert_lives()


@pytest.mark.parametrize("token", ["x", "a.b.c", "...", "null", "a" * 4000, "Bearer x", "é.é.é"])
def test_garbage(client, token):
    refresh(client, token).expect_problem(401, "TOKEN_INVALID")


@pytest.mark.parametrize("body", [{}, {"refresh_token": None}, {"refresh_token": 1}], ids=repr)
def test_token_missing_or_not_a_string(client, body):
    assert client.post("/auth/refresh", body).faulty_fields() == {"refresh_token"}


def test_the_token_in_the_authorization_header_does_not_count(client, account):
    reply = client.post("/auth/refresh", {}, token=account.session.refresh_token)
    reply.expect_problem(400, "VALIDATION_ERROR")


def test_expired(client, refresh_mint):
    refresh(client, refresh_mint.expired()).expect_problem(401, "TOKEN_EXPIRED")


def test_a_session_that_never_was(client, refresh_mint):
    token = refresh_mint.token({"sid": "00000000-0000-4000-8000-000000000000"})
    reply = refresh(client, token)
    assert reply.status == 401 and reply.json()["error_code"] in ("TOKEN_INVALID", "TOKEN_REVOKED")


def test_a_session_whose_time_is_over(service, client, account):
    service.query(
        "UPDATE latchkey.sessions SET expires_at = now() - interval '1 second'"
        " WHERE id = %s RETURNING id",
        (claims_of(account.session.refresh_token)["sid"],),
    )
    reply = account.session.refresh()
    assert reply.status == 401, reply
    assert reply.json()["error_code"] in ("TOKEN_EXPIRED", "TOKEN_REVOKED")
    account.session.me().expect_problem(401, "TOKEN_REVOKED")


def test_inactive_user(account):
    account.set_active(False)
    account.session.refresh().expect_problem(403, "USER_INACTIVE")
    account.set_active(True)
    account.session.refresh().expect(200)
