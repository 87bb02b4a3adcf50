# SPDX-License-Identifier: Apache-2.0
"""Connections that break in the middle of a call: what was written once is not written twice, what
was only read is read again, and a refresh is answered by what became of the session."""

import contextlib

import pytest

from latchkey_testkit.accounts import registration
from latchkey_testkit.proxy import CUT_ANSWER, LOSE_ANSWER, LOSE_REQUEST, Proxy

DATABASE_TIMEOUT_S = 1

SETTINGS = {
    "DATABASE_TIMEOUT": f"{DATABASE_TIMEOUT_S}s",
    "CIRCUIT_BREAKER_THRESHOLD": "100",
    # The hard case: a used token is never taken again, so a wrong answer would cost the session.
    "REFRESH_REUSE_LEEWAY": "0",
    "LOG_LEVEL": "INFO",
}

ILLNESS = "DATABASE_UNAVAILABLE"


@pytest.fixture(scope="module")
def service(spare):
    """A copy whose workers reach PostgreSQL through the proxy."""
    with contextlib.ExitStack() as last:
        with spare(settings=SETTINGS) as running:
            url = running.generated_settings()["DATABASE_URL"]
            folder = running.state_dir / "proxy"
            folder.mkdir(exist_ok=True)
            running.proxy = Proxy(folder, running.state_dir / "run" / "pg")
            last.callback(running.proxy.close)
            running.settings["DATABASE_URL"] = f"{url.partition('?')[0]}?host={folder}"
            running.restart()
            yield running


def counter_of(service, session):
    [(counter, revoked_at)] = service.query(
        "SELECT counter, revoked_at FROM latchkey.sessions WHERE user_id = %s", (session.user["id"],)
    )
    assert revoked_at is None
    return counter


def test_a_refresh_whose_answer_is_lost_is_answered_all_the_same(service, account):
    session = account.session
    for expected in range(1, 4):
        service.proxy.spoil("refresh_session", LOSE_ANSWER)
        session.refresh_and_take()
        assert counter_of(service, session) == expected
    session.assert_lives()
    session.refresh_and_take()


def test_a_refresh_that_never_arrived_does_not_use_the_token_up(service, account, expect_errors):
    expect_errors(ILLNESS)
    service.proxy.spoil("refresh_session", LOSE_REQUEST)
    reply = account.session.refresh()
    reply.expect_problem(503, "DATABASE_UNAVAILABLE")
    assert reply.header("Retry-After")
    assert counter_of(service, account.session) == 0
    account.session.refresh_and_take()
    assert counter_of(service, account.session) == 1


def test_a_theft_that_is_found_while_the_answer_is_lost_stays_found(service, client, account):
    stolen = account.session.refresh_token
    account.session.refresh_and_take()
    service.proxy.spoil("refresh_session", LOSE_ANSWER)
    reply = client.post("/auth/refresh", {"refresh_token": stolen})
    reply.expect_problem(401, "TOKEN_REVOKED")
    account.session.assert_ended()


def test_a_registration_whose_answer_is_lost_is_not_repeated(service, client, expect_errors):
    expect_errors(ILLNESS)
    body = registration()
    service.proxy.spoil("register_user", LOSE_ANSWER)
    client.post("/auth/register", body).expect_problem(503, "DATABASE_UNAVAILABLE")
    found = service.query(
        "SELECT count(*) FROM latchkey.users WHERE username = %s", (body["username"],)
    )
    assert found == [(1,)]
    client.post("/auth/register", body).expect_problem(409, "USER_ALREADY_EXISTS")
    client.post(
        "/auth/login", {"username": body["username"], "password": body["password"]}
    ).expect(200)


@pytest.mark.parametrize("fault", [LOSE_REQUEST, LOSE_ANSWER])
def test_a_read_is_repeated_and_nobody_notices(service, account, fault):
    service.proxy.spoil("session_user", fault)
    account.session.assert_lives()


def cut_off(service, function, ask):
    """An answer that is cut off costs the deadline, and no more."""
    service.proxy.spoil(function, CUT_ANSWER)
    reply = ask()
    reply.expect_problem(503, "DATABASE_UNAVAILABLE")
    assert DATABASE_TIMEOUT_S * 0.9 < reply.elapsed_s < DATABASE_TIMEOUT_S + 1


def test_a_read_that_is_cut_off(service, account, expect_errors):
    expect_errors(ILLNESS)
    cut_off(service, "session_user", account.session.me)
    account.session.assert_lives()


def test_a_refresh_that_is_cut_off_may_be_repeated_whenever(service, client, account, expect_errors):
    """It was carried out and nobody could tell in time. The client does as it is told and asks
    again, long after any leeway: there is none here. Any worker knows that it was no thief, once."""
    expect_errors(ILLNESS)
    session = account.session
    used = session.refresh_token
    cut_off(service, "refresh_session", session.refresh)
    assert counter_of(service, session) == 1
    cut_off(service, "refresh_session", session.refresh)  # twice in a row
    session.refresh_and_take()
    assert counter_of(service, session) == 1
    session.refresh_and_take()
    session.assert_lives()
    reply = client.post("/auth/refresh", {"refresh_token": used})
    reply.expect_problem(401, "TOKEN_REVOKED")
    session.assert_ended()


def test_a_used_token_is_good_for_one_answer_only(service, client, account, expect_errors):
    expect_errors(ILLNESS)
    session = account.session
    used = session.refresh_token
    cut_off(service, "refresh_session", session.refresh)
    session.refresh_and_take()
    reply = client.post("/auth/refresh", {"refresh_token": used})
    reply.expect_problem(401, "TOKEN_REVOKED")
    session.assert_ended()
