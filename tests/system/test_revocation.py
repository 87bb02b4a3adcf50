# SPDX-License-Identifier: Apache-2.0
"""A session that has ended is refused by GET /auth/verify: at once on the node that ended it, within
two seconds on every other, and without a database call on the way.

Two nodes are two copies with one database and one key: each with its own nginx, workers and shared
segment."""

import os
import signal
import time

import pytest

from latchkey_testkit import processes, program
from latchkey_testkit.accounts import Account
from latchkey_testkit.client import Client
from latchkey_testkit.service import StateFolder, running, stopped_processes
from latchkey_testkit.waiting import wait_until

LEARNED_WITHIN_S = 2
NEW_PASSWORD = "another battery staple"


@pytest.fixture(scope="module")
def service(spare):
    with spare(settings={"LOG_LEVEL": "INFO", "REFRESH_REUSE_LEEWAY": "0"}, api_workers=4) as node:
        yield node


@pytest.fixture(scope="module")
def other_node(service):
    settings = {
        "DATABASE_URL": service.generated_settings()["DATABASE_URL"],
        "JWT_SECRET_KEY": service.signing_key,
        "LOG_LEVEL": "INFO",
    }
    folder = StateFolder()
    with running(folder.path, settings=settings, api_workers=4) as node:
        yield node
    folder.remove()


@pytest.fixture
def other_client(other_node):
    return Client(other_node)


def verify(client, session):
    return client.get("/auth/verify", token=session.access_token)


def assert_refused_by_every_worker(client, session):
    """Each request is a connection of its own to one of four workers."""
    for _ in range(30):
        verify(client, session).expect_problem(401, "TOKEN_REVOKED")


def log_out(_client, account):
    account.session.logout().expect(200)


def log_out_everywhere(client, account):
    client.post("/auth/logout-all", token=account.session.access_token).expect(200)


def revoke_by_id(client, account):
    other = account.new_session()
    [mine] = [
        entry["id"]
        for entry in client.get("/auth/sessions", token=other.access_token).json()["sessions"]
        if not entry["current"]
    ]
    client.delete(f"/auth/sessions/{mine}", token=other.access_token).expect(204)


def reuse_a_refresh_token(client, account):
    used = account.session.refresh_token
    account.session.refresh().expect(200)
    client.post("/auth/refresh", {"refresh_token": used}).expect(401)


def change_the_password_elsewhere(client, account):
    other = account.new_session()
    body = {"current_password": account.password, "new_password": NEW_PASSWORD}
    client.put("/users/me/password", body, token=other.access_token).expect(204)
    verify(client, other).expect(204)


def deactivate(client, account):
    client.delete("/users/me", token=account.session.access_token).expect(204)


ENDS = [
    log_out,
    log_out_everywhere,
    revoke_by_id,
    reuse_a_refresh_token,
    change_the_password_elsewhere,
    deactivate,
]


@pytest.mark.parametrize("end", ENDS)
def test_refused_at_once_where_it_was_ended(client, account, end):
    bystander = Account(client)
    verify(client, account.session).expect(204)
    end(client, account)
    assert_refused_by_every_worker(client, account.session)
    verify(client, bystander.session).expect(204)


@pytest.mark.parametrize("end", ENDS)
def test_refused_on_another_node_soon(client, other_client, account, end):
    """Once while tokens are checked there all the time, once after a quiet time."""
    bystander = Account(client)
    verify(other_client, account.session).expect(204)
    end(client, account)
    ended_at = time.monotonic()
    wait_until(
        lambda: verify(other_client, account.session).status == 401,
        "the other node to learn of it",
        LEARNED_WITHIN_S,
    )
    assert time.monotonic() - ended_at < LEARNED_WITHIN_S
    assert_refused_by_every_worker(other_client, account.session)

    log_out(client, bystander)
    time.sleep(LEARNED_WITHIN_S)  # the quiet time is what is tested
    assert_refused_by_every_worker(other_client, bystander.session)


def test_ended_by_an_administrator(service, client, account):
    verify(client, account.session).expect(204)
    assert program.run(service, "user", "revoke", account.username, "--all").returncode == 0
    wait_until(
        lambda: verify(client, account.session).status == 401,
        "the workers to learn of it",
        LEARNED_WITHIN_S,
    )


def test_no_check_waits_for_the_database_under_traffic(service, client, account):
    verify(client, account.session).expect(204)
    offset = service.logs.size("worker.log")
    until = time.monotonic() + 2.5 * LEARNED_WITHIN_S
    checks = 0
    while time.monotonic() < until:
        last = verify(client, account.session).expect(204).header("X-Request-ID")
        checks += 1
    service.logs.wait_for_request(last)
    _, logged = service.logs.worker_lines(offset)
    lines = [
        line
        for line in logged
        if line.get("path") == "/auth/verify" and line.get("status_code") == 204
    ]
    assert len(lines) == checks
    assert [line for line in lines if line.get("db_ms", 0)] == []


def test_refused_without_the_database(service, client, account):
    bystander = Account(client)
    log_out_everywhere(client, account)
    # The worker that ended the sessions learns their ids when it has answered.
    assert_refused_by_every_worker(client, account.session)
    with stopped_processes(processes.children(service.postmaster_pid()) + [service.postmaster_pid()]):
        for _ in range(20):
            started = time.monotonic()
            verify(client, account.session).expect_problem(401, "TOKEN_REVOKED")
            verify(client, bystander.session).expect(204)
            assert time.monotonic() - started < 0.5


def test_a_frozen_database_does_not_hold_up_the_first_check(
    service, client, account, expect_errors
):
    expect_errors("DATABASE_UNAVAILABLE|database|breaker", required=False)
    verify(client, account.session).expect(204)
    time.sleep(LEARNED_WITHIN_S)  # the quiet time is what is tested
    with stopped_processes(processes.children(service.postmaster_pid()) + [service.postmaster_pid()]):
        for _ in range(20):
            assert verify(client, account.session).expect(204).elapsed_s < 0.5
    # And it is learned again.
    wait_until(lambda: account.session.me().status == 200, "the database to answer again")
    log_out(client, account)
    assert_refused_by_every_worker(client, account.session)


def test_a_token_from_before_its_lifetime_was_shortened(service, client, account, mint):
    """Issued for four hours three hours ago, while the setting is half an hour now: its session ended
    longer ago than the node remembers, which is no reason to believe the token."""
    now = int(time.time())
    old = mint.token({"iat": now - 3 * 3600, "exp": now + 3600})
    client.get("/auth/verify", token=old).expect(204)
    service.query(
        "UPDATE latchkey.sessions SET revoked_at = now() - interval '2 hours' WHERE user_id = %s RETURNING 1",
        (account.id,),
    )
    for _ in range(30):
        client.get("/auth/verify", token=old).expect_problem(401, "TOKEN_REVOKED")


def test_workers_killed_right_after_lose_nothing(service, client):
    for _ in range(10):
        account = Account(client)
        pids = service.worker_pids("api")
        account.session.logout().expect(200)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        assert_refused_by_every_worker(client, account.session)
        service.wait_for_workers("api", 4)


def test_a_session_made_after_lives(client, account):
    log_out_everywhere(client, account)
    again = account.new_session()
    for _ in range(30):
        verify(client, again).expect(204)
