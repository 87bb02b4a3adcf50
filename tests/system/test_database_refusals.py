# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL that lives and refuses: its disk is full, it takes no more connections, the role's
password was changed. A clear 503, the breaker as designed, and recovery when the cause is gone."""

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path

import psycopg2
import pytest

from latchkey_testkit.accounts import Account, registration
from latchkey_testkit.breaker import Segment, changes, check_chain
from latchkey_testkit.crowd import Crowd
from latchkey_testkit.load import Load
from latchkey_testkit.logs import WORKER
from latchkey_testkit.outages import administrator, app_password
from latchkey_testkit.waiting import wait_until

BREAKER_TIMEOUT_S = 1
THRESHOLD = 3

SETTINGS = {
    "DATABASE_TIMEOUT": "1s",
    "CIRCUIT_BREAKER_THRESHOLD": str(THRESHOLD),
    "CIRCUIT_BREAKER_TIMEOUT": f"{BREAKER_TIMEOUT_S}s",
    "REFRESH_REUSE_LEEWAY": "0",  # a refused refresh must not use the token up
    "LOG_LEVEL": "INFO",
}

UNAVAILABLE = ("DATABASE_UNAVAILABLE", "CIRCUIT_OPEN")


@pytest.fixture(scope="module")
def service(spare):
    with spare(settings=SETTINGS) as running:
        yield running


@pytest.fixture
def crowd(service):
    return Crowd(service)


def refused(reply):
    """A 503 that says so and says when to come again; returns which."""
    code = reply.expect(503).json()["error_code"]
    assert code in UNAVAILABLE, reply
    assert 1 <= int(reply.header("Retry-After")) <= 2 * BREAKER_TIMEOUT_S
    return code


def wait_for_recovery(service, crowd):
    """Asked all the time, as a load would."""
    session = crowd.accounts[0].session
    wait_until(lambda: session.me().status == 200, "recovery", BREAKER_TIMEOUT_S + 8)
    assert Segment(service).state == "closed"
    crowd.assert_all_is_well()


# --- nobody gets in ----------------------------------------------------------------------------


@contextlib.contextmanager
def no_more_connections(service):
    """Not one for the role: existing ones are ended, as those of a restarted worker would be."""
    with administrator(service) as cursor:
        cursor.execute("ALTER ROLE latchkey_app CONNECTION LIMIT 0")
        try:
            yield
        finally:
            cursor.execute("ALTER ROLE latchkey_app CONNECTION LIMIT -1")


@contextlib.contextmanager
def another_password(service):
    with administrator(service) as cursor:
        cursor.execute("ALTER ROLE latchkey_app PASSWORD 'not the one that workers know'")
        try:
            yield
        finally:
            cursor.execute("ALTER ROLE latchkey_app PASSWORD %s", (app_password(service),))


@pytest.mark.parametrize("refusal", [no_more_connections, another_password])
def test_nobody_gets_in(service, client, crowd, refusal, expect_errors):
    """Under load: every worker loses its connection and gets no other."""
    expect_errors("DATABASE_UNAVAILABLE|CIRCUIT_OPEN")
    log_at = service.logs.size(WORKER)
    with Load(service, crowd.steps) as load:
        load.wait_for(20)
        with refusal(service):
            service.end_app_connections()
            wait_until(lambda: Segment(service).state == "open", "the breaker to open")
            refused(crowd.accounts[0].session.me())
            refused(client.get("/readiness"))
            client.get("/health").expect(200)
            wait_until(lambda: len(changes(service, log_at)) >= 5, "two probes that fail")
        wait_until(lambda: Segment(service).state == "closed", "the breaker to close")
        load.wait_for(40)
    failures = load.failures()
    assert {answer.code for answer in failures} == set(UNAVAILABLE), failures[:10]
    assert all(answer.retry_after_s >= 1 for answer in failures)
    assert all(answer.is_good for answer in load.answers("GET /health"))
    check_chain(changes(service, log_at))
    crowd.assert_all_is_well()


def test_fewer_connections_than_workers(service, client, crowd, expect_errors):
    """Some workers have one and serve; the others say 503, and no answer is anything else."""
    expect_errors("DATABASE_UNAVAILABLE|CIRCUIT_OPEN", required=False)
    with administrator(service) as cursor:
        cursor.execute("ALTER ROLE latchkey_app CONNECTION LIMIT 2")
        try:
            with Load(service, crowd.steps) as load:
                service.end_app_connections()
                load.wait_for(100, good=False)
        finally:
            cursor.execute("ALTER ROLE latchkey_app CONNECTION LIMIT -1")
    assert {answer.code for answer in load.failures()} <= set(UNAVAILABLE)
    assert any(answer.is_good for answer in load.answers("GET /users/me"))
    wait_for_recovery(service, crowd)


# --- the disk is full --------------------------------------------------------------------------


@contextlib.contextmanager
def small_disk(cursor):
    """latchkey.sessions on a tmpfs of its own; yields the folder. Its indexes stay: they have
    room in places, and for some random key there would always be one."""
    folder = Path(tempfile.mkdtemp(prefix="lkd-", dir="/tmp"))
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=700,uid=postgres", "latchkey", folder]
    if os.getuid() != 0 or subprocess.run(mount, stderr=subprocess.DEVNULL).returncode != 0:
        folder.rmdir()
        pytest.skip("a small disk is a mounted tmpfs, and this user may not mount one")
    try:
        cursor.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
        try:
            cursor.execute("ALTER TABLE latchkey.sessions SET TABLESPACE small")
            yield folder
        finally:
            cursor.execute("ALTER TABLE latchkey.sessions SET TABLESPACE pg_default")
            cursor.execute("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()


def fill_up(cursor, user_id, percent_of_page):
    """Sessions of one user, until not one more fits. They are the smallest there are."""
    cursor.execute(f"ALTER TABLE latchkey.sessions SET (fillfactor = {percent_of_page})")
    cursor.execute("VACUUM latchkey.sessions")  # finds the room in the pages
    with contextlib.suppress(psycopg2.errors.DiskFull):
        for _ in range(100_000):
            cursor.execute(
                "INSERT INTO latchkey.sessions (id, user_id, created_at, rotated_at, last_used_at,"
                " expires_at) VALUES (gen_random_uuid(), %s, now(), now(), now(), now())",
                (user_id,),
            )
        raise AssertionError("the disk does not fill up")


def test_disk_full(service, client, crowd, expect_errors):
    """What needs room gets 503 and leaves nothing behind; what needs none goes on, and that is
    reading, and refreshing as long as its page has the room that is kept for it."""
    expect_errors("DATABASE_UNAVAILABLE|CIRCUIT_OPEN")
    log_at = service.logs.size(WORKER)
    filler = Account(client)
    people = [registration() for _ in range(2 * THRESHOLD)]
    session = crowd.accounts[0].session
    with administrator(service) as cursor:
        with small_disk(cursor) as folder:
            fill_up(cursor, filler.id, 80)  # as sql/deploy/sessions.sql says
            for person in people:
                assert refused(client.post("/auth/register", person)) == "DATABASE_UNAVAILABLE"
                assert refused(crowd.accounts[0].login()) == "DATABASE_UNAVAILABLE"
                session.refresh_and_take().assert_lives()
            client.get("/readiness").expect(200)
            assert not changes(service, log_at), "most calls succeed, and the breaker opened"

            fill_up(cursor, filler.id, 100)
            kept = session.refresh_token
            codes = [refused(session.refresh()) for _ in range(THRESHOLD + 1)]
            assert codes == ["DATABASE_UNAVAILABLE"] * THRESHOLD + ["CIRCUIT_OPEN"]
            assert refused(session.me()) == "CIRCUIT_OPEN"
            client.get("/health").expect(200)

            subprocess.run(["mount", "-o", "remount,size=16m", folder], check=True)
            wait_until(lambda: session.me().status == 200, "recovery", BREAKER_TIMEOUT_S + 8)
            assert session.refresh_token == kept
            session.refresh_and_take()  # the refused refreshes did not use the token up
            for person in people:  # and the refused registrations left no user behind
                client.post("/auth/register", person).expect(201)
            cursor.execute("DELETE FROM latchkey.sessions WHERE user_id = %s", (filler.id,))
            cursor.execute("ALTER TABLE latchkey.sessions SET (fillfactor = 80)")
    check_chain(changes(service, log_at))
    crowd.assert_all_is_well()
