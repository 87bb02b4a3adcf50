# SPDX-License-Identifier: Apache-2.0
"""`latchkey status`: what all workers share, seen from outside, and the breaker closed by hand."""

import json
import os
import pty
import re
import signal
import subprocess

import pytest

from latchkey_testkit import program
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


def traffic(service):
    return json.loads(status(service, "--json").stdout)["traffic"]


def test_requests_are_shown_by_pool_and_route(service, client, account):
    before = traffic(service)
    for _ in range(5):
        client.get("/health").expect(200)
    account.login().expect(200)
    after = traffic(service)

    def requests(look, kind, **wanted):
        found = [row for row in look[kind] if wanted.items() <= row.items()]
        return sum(row["requests"] for row in found)

    assert after["over_ms"] > before["over_ms"] > 0, "the age of the segment"
    health, login = {"route": "/health"}, {"method": "POST", "route": "/auth/login"}
    for kind, wanted, least in (
        ("routes", health, 5), ("routes", login, 1), ("pools", {"pool": "api"}, 5), ("pools", {"pool": "hash"}, 1),
    ):
        assert requests(after, kind, **wanted) - requests(before, kind, **wanted) >= least, wanted
    table = status(service).stdout
    assert "POOL " in table and "GET /health" in table and "POST /auth/login" in table


def watcher(service, *words, **options):
    settings = {"RUNTIME_DIR": str(service.state_dir / "run")}
    return subprocess.Popen(
        [str(BINARY), "status", "--watch", "1", *words],
        env={**settings, **options.pop("env", {})},
        stdin=subprocess.DEVNULL,
        **options,
    )


def test_a_watch_into_a_pipe_is_one_block_after_the_other(service, client):
    with watcher(service, stdout=subprocess.PIPE, text=True) as watching:
        lines = []
        while sum(line.startswith("Shared segment") for line in lines) < 3:
            lines.append(watching.stdout.readline())
            assert lines[-1], lines
        watching.send_signal(signal.SIGINT)
        assert watching.wait(10) == -signal.SIGINT
    text = "".join(lines)
    assert "\x1b" not in text
    assert text.count("\n\nShared segment") == 2
    assert re.search(r"Traffic +of [12]\.\d s\n", text), text


def test_a_watch_for_programs_is_an_object_a_line(service, client):
    with watcher(service, "--json", stdout=subprocess.PIPE, text=True) as watching:
        watching.stdout.readline()
        client.get("/health").expect(200)
        second = json.loads(watching.stdout.readline())
        # Who reads no more ends it.
        watching.stdout.close()
        assert watching.wait(10) in (-signal.SIGPIPE, 0)
    assert 900 < second["traffic"]["over_ms"] < 60_000
    assert [row["route"] for row in second["traffic"]["routes"]].count("/health") == 1


@pytest.mark.parametrize("terminal, redraws", [("xterm", True), ("dumb", False), ("", False)])
def test_a_watch_on_a_terminal_redraws_if_it_can(service, terminal, redraws):
    controller, screen = pty.openpty()
    watching = watcher(service, stdout=screen, stderr=screen, env={"TERM": terminal})
    os.close(screen)
    shown = b""
    while shown.count(b"Shared segment") < 2:
        shown += os.read(controller, 4096)
    watching.send_signal(signal.SIGINT)
    assert watching.wait(10) == -signal.SIGINT
    os.close(controller)
    assert shown.count(b"\x1b[H\x1b[2J") == (2 if redraws else 0), shown


@pytest.mark.parametrize(
    "words", [["3"], ["--watch", "0"], ["--watch", "x"], ["--watch", "1", "2"], ["--watch", "--reset-breaker", "database"]]
)
def test_a_wrong_watch_is_refused(service, words):
    done = status(service, *words)
    assert (done.returncode, done.stdout) == (64, ""), done


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
    assert str(tmp_path) in done.stderr and "latchkey doctor" in done.stderr
    assert list(tmp_path.iterdir()) == [], "who only looks makes nothing"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user to be refused")
def test_other_users_may_not_look(service, open_folder):
    done = status(service, **program.as_nobody(open_folder))
    assert done.returncode == 70
    assert "Permission denied" in done.stderr
