# SPDX-License-Identifier: Apache-2.0
"""`latchkey purge`: what it deletes, what it says, two at once, and beside a service at work."""

import os
import re
import signal
import statistics
import time

import pytest

from latchkey_testkit import memory, program
from latchkey_testkit.accounts import Account
from latchkey_testkit.waiting import wait_until

EX_CONFIG = 78
EX_SOFTWARE = 70

DAY = "interval '1 day'"

# Old sessions of nobody in particular: expired 31 days ago.
MANY_SESSIONS = f"""
INSERT INTO latchkey.sessions (id, user_id, created_at, rotated_at, last_used_at, expires_at,
                               ip, user_agent)
SELECT gen_random_uuid(), (SELECT min(id) FROM latchkey.users), now() - 60 * {DAY},
       now() - 40 * {DAY}, now() - 40 * {DAY}, now() - 31 * {DAY} - n * interval '1 ms',
       '192.0.2.1', repeat('agent ', 20)
  FROM generate_series(1, %s) AS n
"""

MANY_EVENTS = f"""
INSERT INTO latchkey.audit_events (event, at, ip, user_agent)
SELECT 'login_failed', now() - 400 * {DAY}, '192.0.2.1', repeat('agent ', 20)
  FROM generate_series(1, %s)
"""


def summary(done):
    """Sessions and audit events, of the four numbers of the only line."""
    assert (done.returncode, done.stderr) == (0, ""), done
    return all_four(done)[:2]


def all_four(done):
    found = re.fullmatch(
        r"Deleted ([\d,]+) sessions?, ([\d,]+) audit events?, ([\d,]+) counts? of attempts"
        r" and ([\d,]+) address(?:es)? in [\d.]+ s\.\n",
        done.stdout,
    )
    assert found, done.stdout
    return [int(number.replace(",", "")) for number in found.groups()]


def age(service, account, column, days):
    """Moves one point in time of the session that the account has."""
    service.query(
        f"UPDATE latchkey.sessions SET {column} = now() - %s * {DAY} WHERE user_id = %s RETURNING 1",
        (days, account.id),
    )


def count(service, account):
    [(number,)] = service.query(
        "SELECT count(*) FROM latchkey.sessions WHERE user_id = %s", (account.id,)
    )
    return number


def test_what_is_over_for_long_goes_and_all_else_stays(service, client, account):
    kept = {name: Account(client) for name in ("live", "expired", "revoked")}
    age(service, kept["expired"], "expires_at", 29)
    age(service, kept["revoked"], "revoked_at", 31)  # its token would still be good
    age(service, account, "expires_at", 31)
    sessions, _ = summary(program.run(service, "purge"))
    assert sessions >= 1
    assert count(service, account) == 0
    for name, other in kept.items():
        assert count(service, other) == 1, name
    kept["live"].session.assert_lives()
    kept["revoked"].session.assert_ended()
    # The tokens of a session that is gone are told as revoked all the same.
    account.session.assert_ended()
    assert summary(program.run(service, "purge"))[0] == 0


def test_settings_say_how_long(service, client, account):
    age(service, account, "expires_at", 2)
    [(before,)] = service.query("SELECT count(*) FROM latchkey.audit_events")
    assert summary(program.run(service, "purge", settings={"AUDIT_RETENTION": "0"})) == [0, 0]
    assert count(service, account) == 1
    summary(program.run(service, "purge", settings={"PURGE_SESSIONS_AFTER": "1d"}))
    assert count(service, account) == 0
    service.query(
        f"UPDATE latchkey.audit_events SET at = at - 3 * {DAY} WHERE id IN"
        " (SELECT id FROM latchkey.audit_events ORDER BY id LIMIT 5) RETURNING 1"
    )
    assert summary(program.run(service, "purge", settings={"AUDIT_RETENTION": "2d"}))[1] == 5
    [(after,)] = service.query("SELECT count(*) FROM latchkey.audit_events")
    assert after == before - 5 + 3  # each purge leaves a line of its own


def test_attempts_and_addresses(service, client, account):
    """What is forgotten anyhow goes, and where nobody has logged in from for a year."""
    for name in ("nobody-at-all", "nobody-either"):
        body = {"username": name, "password": "wrong-password"}
        client.post("/auth/login", body).expect_problem(401, "INVALID_CREDENTIALS")
    other = Account(client)
    service.query(
        f"UPDATE latchkey.login_throttle SET last_at = now() - 2 * {DAY}"
        " WHERE key = sha256('username nobody-at-all') RETURNING 1"
    )
    service.query(
        f"UPDATE latchkey.login_addresses SET last_success = now() - 366 * {DAY}"
        " WHERE user_id = %s RETURNING 1",
        (account.id,),
    )
    assert all_four(program.run(service, "purge"))[2:] == [1, 1]
    left = "SELECT 1 FROM latchkey.login_throttle WHERE key = sha256('username nobody-either')"
    assert service.query(left) == [(1,)]
    left = "SELECT user_id FROM latchkey.login_addresses WHERE user_id IN (%s, %s)"
    assert service.query(left, (account.id, other.id)) == [(other.id,)]
    account.login().expect(200)


def test_who_did_it_is_audited(service):
    summary(program.run(service, "purge"))
    [(event, actor, detail)] = service.query(
        "SELECT event, actor, detail FROM latchkey.audit_events ORDER BY id DESC LIMIT 1"
    )
    assert (event, detail) == ("purge_started", "sessions_after_s=2592000 audit_retention_s=31536000")
    assert re.fullmatch(r"cli:\w[\w-]*", actor)


def is_locked(service):
    return service.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted")


def test_two_at_once(service, account):
    service.query(MANY_SESSIONS + " RETURNING 1", (60_000,))
    first = program.start(service, "purge")
    try:
        wait_until(lambda: is_locked(service), "the lock of the purge")
        second = program.run(service, "purge")
        assert first.poll() is None, "the first purge was over too soon to be met"
        assert second.returncode == 0
        assert second.stdout.startswith("Another purge is running"), second
        output, _ = first.communicate(timeout=60)
        assert first.returncode == 0 and output.startswith("Deleted 60,0"), output
    finally:
        first.kill()
        first.wait()
    summary(program.run(service, "purge"))  # the lock is free again


def test_a_purge_that_is_killed_leaves_no_lock(service, account):
    service.query(MANY_SESSIONS + " RETURNING 1", (60_000,))
    first = program.start(service, "purge")
    wait_until(lambda: is_locked(service), "the lock of the purge")
    first.kill()
    first.communicate()
    wait_until(lambda: not is_locked(service), "the lock to go with its connection")
    sessions, _ = summary(program.run(service, "purge"))
    assert sessions > 0


def test_a_connection_lost_on_the_way(service, account):
    """What was asked when it broke may have been done: that is an error, and the next purge goes on."""
    service.query(MANY_SESSIONS + " RETURNING 1", (60_000,))
    first = program.start(service, "purge")
    wait_until(lambda: is_locked(service), "the lock of the purge")
    service.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'latchkey_admin'"
    )
    output, errors = first.communicate(timeout=60)
    assert first.returncode in (0, EX_SOFTWARE), (output, errors)
    summary(program.run(service, "purge"))
    [(left,)] = service.query(f"SELECT count(*) FROM latchkey.sessions WHERE expires_at < now() - 31 * {DAY}")
    assert left == 0


def test_a_bar_on_a_terminal(service, account):
    service.query(MANY_SESSIONS + " RETURNING 1", (20_000,))
    status, screen = program.on_terminal(service, "purge")
    assert status == 0
    assert re.search(r"\[#*\.*\] +\d+%  [\d,]+ sessions?", screen), screen
    assert re.search(r"\x1b\[KDeleted 20,0\d\d sessions", screen), screen


def test_without_the_setting(service):
    done = program.run(service, "purge", without_config=True)
    assert done.returncode == EX_CONFIG
    assert "ADMIN_DATABASE_URL" in done.stderr


def test_with_the_wrong_role(service):
    """The workers' own role may not purge."""
    url = service.generated_settings()["DATABASE_URL"]
    done = program.run(service, "purge", settings={"ADMIN_DATABASE_URL": url})
    assert done.returncode == EX_SOFTWARE
    assert "42501" in done.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root may always read another process's memory")
def test_workers_know_nothing_of_it(service):
    """Not in their memory: the password of administrators. The file of a development copy holds it, the
    buffer that it was read into is wiped."""
    url = service.generated_settings()["ADMIN_DATABASE_URL"]
    password = url.split(":")[2].split("@")[0].encode()
    for pid in service.worker_pids():
        assert memory.places_of(pid, service.signing_key.encode()), "a search that finds nothing"
        assert memory.places_of(pid, password) == [], f"in process {pid}"


def latencies(account, number):
    """Of GET /users/me, in milliseconds."""
    times = []
    for _ in range(number):
        started = time.perf_counter()
        account.session.assert_lives()
        times.append((time.perf_counter() - started) * 1000)
    return times


@pytest.mark.slow
def test_requests_are_not_slowed(service, account):
    """Interleaved: the purge is halted and let go on, and requests are timed in both states."""
    service.query(MANY_SESSIONS + " RETURNING 1", (300_000,))
    service.execute("TRUNCATE latchkey.audit_events")  # ids ascend with time: the old ones come first
    service.query(MANY_EVENTS + " RETURNING 1", (300_000,))
    service.execute("ANALYZE")
    latencies(account, 300)
    with_purge, without = [], []
    purge = program.start(service, "purge")
    try:
        wait_until(lambda: is_locked(service), "the lock of the purge")
        while purge.poll() is None:
            with_purge += latencies(account, 50)
            purge.send_signal(signal.SIGSTOP)
            time.sleep(0.02)  # a batch under way ends
            without += latencies(account, 50)
            purge.send_signal(signal.SIGCONT)
        output, _ = purge.communicate(timeout=60)
    finally:
        purge.kill()
        purge.wait()
    print(f"{output.strip()} {len(with_purge)} requests each")
    for name, of in (("median", statistics.median), ("mean", statistics.fmean),
                     ("p95", lambda values: sorted(values)[len(values) * 95 // 100])):
        print(f"{name}: {of(without):.2f} ms without, {of(with_purge):.2f} ms with,"
              f" {of(with_purge) / of(without):.3f}")
    assert len(with_purge) >= 500, "the purge was over too soon to be measured"
    assert statistics.median(with_purge) < 1.1 * statistics.median(without)
