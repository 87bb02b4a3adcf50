# SPDX-License-Identifier: Apache-2.0
"""What ends sessions, at the same moment as what makes or prolongs them: nothing slips through between."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from latchkey_testkit.accounts import Account, Session
from latchkey_testkit.waiting import at_once, wait_until
from latchkey_testkit.secrecy import fresh_password

ROUNDS = 5


def change_password(client, account):
    body = {"current_password": account.password, "new_password": fresh_password()}
    return client.put("/users/me/password", body, token=account.session.access_token)


def deactivate(client, account):
    return client.delete("/users/me", token=account.session.access_token)


def log_out_everywhere(client, account):
    return client.post("/auth/logout-all", token=account.session.access_token)


def log_in(client, account):
    return client.post("/auth/login", {"username": account.username, "password": account.password})


def refresh(session):
    return lambda client, _: client.post("/auth/refresh", {"refresh_token": session.refresh_token})


@pytest.mark.parametrize(
    ("end", "stops_logins"),
    [(change_password, True), (deactivate, True), (log_out_everywhere, False)],
)
def test_no_session_survives_its_end(client, end, stops_logins):
    """A login by the old password that was let in began before the end, and so did a refresh."""
    for _ in range(ROUNDS):
        account = Account(client)
        others = [account.new_session() for _ in range(3)]
        deeds = [end, *(refresh(other) for other in others)]
        if stops_logins:
            deeds += [log_in, log_in]
        clients = [client.fresh() for _ in deeds]
        ended, *replies = at_once(len(deeds), lambda i: deeds[i](clients[i], account))
        assert ended.status in (200, 204), ended
        made = [Session(client, reply.json()) for reply in replies if reply.status == 200]
        for session in (*others, *made):
            client.get("/auth/verify", token=session.access_token).expect_problem(401, "TOKEN_REVOKED")
            session.assert_ended()


def waiting_for_a_lock(service):
    [(count,)] = service.query(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'latchkey_app' AND wait_event_type = 'Lock'"
    )
    return count


def test_a_password_change_that_came_second_is_audited(service, client, account):
    """Two with the right password, both of which have verified it before either has changed it."""
    clients = [client.fresh() for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        with service.database() as cursor:
            cursor.execute("SELECT FROM latchkey.users WHERE id = %s FOR UPDATE", (account.id,))
            begun = [pool.submit(change_password, each, account) for each in clients]
            wait_until(lambda: waiting_for_a_lock(service) == 2, "both to want to write")
        replies = [each.result() for each in begun]
    [refused] = [reply for reply in replies if reply.status != 204]
    refused.expect_problem(401, "INVALID_CREDENTIALS")
    [row] = service.query(
        "SELECT request_id, detail FROM latchkey.audit_events"
        " WHERE user_id = %s AND event = 'password_change_failed'",
        (account.id,),
    )
    assert row == (refused.header("X-Request-ID"), "hash changed meanwhile")
