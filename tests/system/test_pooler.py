# SPDX-License-Identifier: Apache-2.0
"""PgBouncer in transaction mode between the workers and PostgreSQL: that it is really in between,
and what a client sees when it is restarted, gone, frozen or full.

A copy of its own, always with the pooler. That everything else works through it is shown by the
whole suite with LATCHKEY_POOLER=pgbouncer (`dev/test pooler`)."""

import json
import re
import signal
import time

import pytest

from latchkey_testkit import program
from latchkey_testkit.accounts import Account
from latchkey_testkit.client import Client
from latchkey_testkit.doctor import examine
from latchkey_testkit.pooler import PORT, Pooler
from latchkey_testkit.service import POOLER, stopped_processes
from latchkey_testkit.traffic import Traffic
from latchkey_testkit.waiting import at_once, wait_until

pytestmark = pytest.mark.slow

DATABASE_TIMEOUT_S = 1
BREAKER_TIMEOUT_S = 1
THRESHOLD = 3
API_WORKERS, HASH_WORKERS = 5, 2
POOL_SIZE = 3  # dev/pgbouncer.bash

# An answer takes the deadline at the most; the rest is nginx, the hash, and a busy machine.
LIMIT_S = DATABASE_TIMEOUT_S + 1
RECOVERY_S = BREAKER_TIMEOUT_S + 8

SETTINGS = {
    "DATABASE_TIMEOUT": f"{DATABASE_TIMEOUT_S}s",
    "CIRCUIT_BREAKER_THRESHOLD": str(THRESHOLD),
    "CIRCUIT_BREAKER_TIMEOUT": f"{BREAKER_TIMEOUT_S}s",
    # Longer than the outage: a client whose refresh was cut off repeats it afterwards.
    "REFRESH_REUSE_LEEWAY": "60s",
    "LOG_LEVEL": "INFO",
}

ILLNESS = "DATABASE_UNAVAILABLE|CIRCUIT_OPEN|(?i:database|breaker|readiness)"

APP_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE usename = 'latchkey_app'"


@pytest.fixture(scope="module")
def service(spare):
    with spare(
        settings=SETTINGS,
        api_workers=API_WORKERS,
        hash_workers=HASH_WORKERS,
        pooler="pgbouncer",
    ) as running:
        yield running


@pytest.fixture
def pooler(service):
    return Pooler(service)


def ask_all_workers(service, account):
    """Many requests at once, of both pools."""
    clients = [Client(service) for _ in range(3 * API_WORKERS)]

    def ask(i):
        if i % 3:
            return clients[i].get("/users/me", token=account.session.access_token)
        credentials = {"username": account.username, "password": account.password}
        return clients[i].post("/auth/login", credentials)

    return at_once(len(clients), ask)


def assert_workers_share_backends(service, pooler, account, workers):
    """Each worker is a client of the pooler, and PostgreSQL knows the pooler's servers alone."""

    def clients_of_the_pooler():
        for reply in ask_all_workers(service, account):
            reply.expect(200)
        clients = pooler.show("CLIENTS")
        return [client for client in clients if client["user"] == "latchkey_app"]

    wait_until(lambda: len(clients_of_the_pooler()) == workers, "a connection of every worker")
    [mode] = [row["value"] for row in pooler.show("CONFIG") if row["key"] == "pool_mode"]
    assert mode == "transaction"
    servers = [row for row in pooler.show("SERVERS") if row["user"] == "latchkey_app"]
    backends = service.query(APP_BACKENDS)
    assert {pid for (pid,) in backends} == {row["remote_pid"] for row in servers}
    assert 1 <= len(backends) <= POOL_SIZE < workers


def wait_for_recovery(service, account):
    """All workers are well again, those that nobody had asked meanwhile too."""
    wait_until(
        lambda: all(reply.status == 200 for reply in ask_all_workers(service, account)),
        "recovery",
        RECOVERY_S,
    )
    account.session.refresh_and_take()
    Account(Client(service))


def refused_within_the_deadline(reply):
    assert reply.status == 503, reply
    assert reply.elapsed_s < LIMIT_S
    return reply.json()["error_code"]


def test_the_workers_share_the_backends_of_the_pooler(service, pooler, account):
    assert_workers_share_backends(service, pooler, account, API_WORKERS + HASH_WORKERS)


def test_the_shared_copy_is_as_the_run_asked_for(main_service):
    """The copy that most tests use has a pooler if and only if LATCHKEY_POOLER says so."""
    account = Account(Client(main_service))
    if POOLER == "pgbouncer":
        assert_workers_share_backends(main_service, Pooler(main_service), account, 4)
    else:
        account.session.assert_lives()
        assert not (main_service.state_dir / "run" / "pooler").exists()
        backends = main_service.query(APP_BACKENDS)
        assert 1 <= len(backends) <= 4


def admin_url(service, pooler):
    """The role latchkey_admin by way of the pooler."""
    direct = service.generated_settings()["ADMIN_DATABASE_URL"]
    pooled, changes = re.subn(
        r"host=[^&]*", f"host={pooler.folder}&port={PORT}", direct
    )
    assert changes == 1, direct
    return pooled


LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"


def test_a_purge_refuses_to_leave_its_lock_with_the_pooler(service, pooler, account):
    through = {"ADMIN_DATABASE_URL": admin_url(service, pooler), "DATABASE_PREPARED": "off"}
    for _ in range(2):
        done = program.run(service, "purge", settings=through)
        assert (done.returncode, done.stdout) == (70, ""), done
        assert "goes through a pooler" in done.stderr and "ADMIN_DATABASE_URL" in done.stderr
    assert service.query(LOCKS) == [(0,)]
    # With PostgreSQL itself it works all the same, whatever the workers need.
    done = program.run(service, "purge", settings={"DATABASE_PREPARED": "off"})
    assert done.returncode == 0 and done.stdout.startswith("Deleted "), done


def test_users_can_be_looked_after_through_the_pooler(service, pooler, account):
    through = {"ADMIN_DATABASE_URL": admin_url(service, pooler), "DATABASE_PREPARED": "off"}
    done = program.run(service, "user", "show", account.username, "--json", settings=through)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert json.loads(done.stdout)["username"] == account.username


def test_restarted_under_load(service, pooler, account, expect_errors):
    expect_errors(ILLNESS, required=False)
    with Traffic(service) as traffic:
        for _ in range(3):
            traffic.wait_for_flow()
            pooler.end()
            pooler.start()
            traffic.wait_for_flow(since_s=time.monotonic(), timeout_s=RECOVERY_S)
    traffic.assert_nobody_waited_longer(LIMIT_S)
    traffic.assert_kept(service.query)
    wait_for_recovery(service, account)
    print(f"PgBouncer restarted three times: {traffic}")


def test_gone(service, client, pooler, account, expect_errors):
    expect_errors(ILLNESS)
    pooler.end(signal.SIGKILL)
    try:
        codes = []

        def refused_at_once():
            codes.append(refused_within_the_deadline(account.session.me()))
            return codes[-1] == "CIRCUIT_OPEN"

        wait_until(refused_at_once, "CIRCUIT_OPEN")
        assert codes[0] == "DATABASE_UNAVAILABLE" and len(codes) <= THRESHOLD + 1
        refused_within_the_deadline(account.session.refresh())
        refused_within_the_deadline(client.get("/readiness"))
        client.get("/health").expect(200)
    finally:
        pooler.start()
    wait_for_recovery(service, account)
    wait_until(lambda: client.get("/readiness").status == 200, "readiness")


def test_frozen(service, client, pooler, account, expect_errors):
    expect_errors(ILLNESS)
    account.session.assert_lives()
    with stopped_processes([pooler.pid()]):
        for _ in range(THRESHOLD):
            assert refused_within_the_deadline(account.session.me()) == "DATABASE_UNAVAILABLE"
        assert refused_within_the_deadline(account.session.me()) == "CIRCUIT_OPEN"
        client.get("/health").expect(200)
    wait_for_recovery(service, account)


def test_every_backend_busy(service, client, account, expect_errors):
    """Who waits in PgBouncer's queue for a backend is refused at the deadline like the others."""
    expect_errors(ILLNESS)
    token = account.session.access_token
    clients = [Client(service) for _ in range(API_WORKERS)]
    with service.database() as owner:
        owner.execute("LOCK TABLE latchkey.sessions")
        replies = at_once(API_WORKERS, lambda i: clients[i].get("/users/me", token=token))
    for reply in replies:
        refused_within_the_deadline(reply)
    wait_for_recovery(service, account)


def test_the_doctor_asks_through_it(service):
    url = service.generated_settings()["DATABASE_URL"].rpartition("=")[0]
    folder = (service.state_dir / "run" / "pooler").resolve()
    settings = {"DATABASE_URL": f"{url}={folder}&port={PORT}", "DATABASE_PREPARED": "off"}
    assert examine(service, settings=settings) == {}


def test_prepared_statements_are_noticed(service, client, account, expect_errors):
    """DATABASE_PREPARED=on cannot work here, and that shows at the start or at once, not one day:
    a worker's statements are prepared on a backend that the next worker is given."""
    expect_errors("DATABASE_ERROR|INTERNAL_ERROR|" + ILLNESS, required=False)
    service.settings["DATABASE_PREPARED"] = "on"
    try:
        try:
            service.restart()
        except AssertionError as not_ready:
            assert "not ready" in str(not_ready)
        else:
            statuses = {reply.status for reply in ask_all_workers(service, account)}
            assert statuses - {200}, "no request failed"
    finally:
        del service.settings["DATABASE_PREPARED"]
        service.restart()
    wait_for_recovery(service, account)
