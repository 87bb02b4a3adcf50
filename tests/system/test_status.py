# SPDX-License-Identifier: Apache-2.0
"""`latchkey status`: what all workers share, seen from outside, and the breaker closed by hand."""

import json
import os
import pwd
import subprocess

import pytest

from latchkey_testkit.service import BINARY
from latchkey_testkit.waiting import wait_until

SETTINGS = {
    "DATABASE_TIMEOUT": "1s",
    "CIRCUIT_BREAKER_THRESHOLD": "3",
    "CIRCUIT_BREAKER_TIMEOUT": "1h",  # nothing but the operator closes it
    "LOG_LEVEL": "INFO",
}

ILLNESS = "DATABASE_UNAVAILABLE|CIRCUIT_OPEN|(?i:breaker)"


@pytest.fixture(scope="module")
def service(spare):
    with spare(settings=SETTINGS) as running:
        yield running


def status(service, *arguments, **options):
    """As an operator calls it: with the runtime directory, and without any secret."""
    return subprocess.run(
        [str(BINARY), "status", *arguments],
        env={"RUNTIME_DIR": str(service.state_dir / "run"), "CIRCUIT_BREAKER_TIMEOUT": "1h"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        **options,
    )


def breaker(service):
    done = status(service, "--json")
    assert done.returncode == 0, done
    [only] = json.loads(done.stdout)["breakers"]
    assert only["name"] == "database"
    return only


def test_a_breaker_that_is_opened_and_closed_by_hand(service, account, expect_errors):
    expect_errors(ILLNESS)
    before = breaker(service)
    assert before["state"] == "closed"
    service.stop_database()
    try:
        wait_until(lambda: account.session.me().json()["error_code"] == "CIRCUIT_OPEN", "CIRCUIT_OPEN")
    finally:
        service.start_database()
    for _ in range(4):  # the database is back, and yet nobody asks it
        account.session.me().expect_problem(503, "CIRCUIT_OPEN")
    during = breaker(service)
    assert during["state"] == "open"
    assert 0 < during["remaining_ms"] <= 3_600_000
    assert during["opened"] == before["opened"] + 1
    assert during["refused"] >= before["refused"] + 5
    assert "open, refuses every call for another" in status(service).stdout

    done = status(service, "--reset-breaker", "database")
    assert (done.returncode, done.stdout) == (0, "Breaker database was open and is closed.\n"), done
    # Not one call is refused from here on, by whatever worker.
    for _ in range(10):
        account.session.assert_lives()
    after = breaker(service)
    assert (after["state"], after["failures"]) == ("closed", 0)
    assert after["reset"] == before["reset"] + 1
    assert "closed, 0 of" in status(service).stdout


def test_every_worker_has_a_line(service, account):
    account.session.assert_lives()
    done = status(service, "--json")
    workers = json.loads(done.stdout)["workers"]
    assert {worker["pid"] for worker in workers} == set(service.worker_pids())
    assert [(worker["pool"], worker["slot"]) for worker in workers] == [
        ("api", 1),
        ("api", 2),
        ("hash", 1),
        ("hash", 2),
    ]
    assert {worker["state"] for worker in workers} == {"idle"}
    assert sum(worker["requests"] for worker in workers) >= 2
    assert status(service).stdout.count("idle") == 4


def test_a_segment_that_is_not_there(service, tmp_path):
    done = status(service)
    assert done.returncode == 0
    done = subprocess.run(
        [str(BINARY), "status"],
        env={"RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 70
    assert "no worker has started yet" in done.stderr
    assert list(tmp_path.iterdir()) == [], "who only looks makes nothing"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user to be refused")
def test_other_users_may_not_look(service):
    nobody = pwd.getpwnam("nobody")
    done = status(service, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])
    assert done.returncode == 70
    assert "Permission denied" in done.stderr
