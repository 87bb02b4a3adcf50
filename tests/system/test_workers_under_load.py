# SPDX-License-Identifier: Apache-2.0
"""Workers killed, replaced, added and taken away, and nginx reloaded, while a crowd goes on.

A copy of its own, at the log's usual level."""

import os
import random
import signal
import time

import pytest

from latchkey_testkit import processes
from latchkey_testkit.breaker import changes
from latchkey_testkit.client import Client
from latchkey_testkit.crowd import Crowd
from latchkey_testkit.load import Load
from latchkey_testkit.logs import WORKER
from latchkey_testkit.waiting import wait_until

API_WORKERS = 4
HASH_WORKERS = 2

WORKER_TIMEOUT_S = 2
# How long a worker that was told to leave may take (worker/cli/serve_command.cpp).
DRAIN_BOUND_S = WORKER_TIMEOUT_S + 5

SETTINGS = {
    "LOG_LEVEL": "INFO",
    "DATABASE_TIMEOUT": "1s",
    "WORKER_TIMEOUT": f"{WORKER_TIMEOUT_S}s",
    # A worker may die between a rotation and its answer: the token must stay good for the test.
    "REFRESH_REUSE_LEEWAY": "5m",
}

KILL_EVERY_S = 0.1


@pytest.fixture(scope="module")
def service(spare):
    with spare(settings=SETTINGS, api_workers=API_WORKERS, hash_workers=HASH_WORKERS) as running:
        yield running


@pytest.fixture
def crowd(service):
    return Crowd(service)


def also_slow(count):
    """A variant that takes its time."""
    return pytest.param(count, marks=pytest.mark.slow)


@pytest.mark.parametrize("duration_s", [5, also_slow(30)])
def test_random_workers_killed(service, crowd, duration_s, expect_errors, record_property):
    """A crash costs one request, one that nginx may send again not even that, and no state is left
    behind: neither in the shared segment nor in anybody's session."""
    expect_errors("(?i)worker", required=False)
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    log_at = service.logs.size(WORKER)
    kills = 0
    with Load(service, crowd.steps) as load:
        load.wait_for(40)
        ends_s = time.monotonic() + duration_s
        while time.monotonic() < ends_s:
            if pids := service.worker_pids():
                os.kill(chance.choice(pids), signal.SIGKILL)
                kills += 1
            time.sleep(KILL_EVERY_S)  # the rhythm of the fault
        service.wait_for_workers("api", API_WORKERS)
        service.wait_for_workers("hash", HASH_WORKERS)
        load.wait_for(40)
    record_property("kills", kills)
    record_property("answers", len(load.answers()))
    record_property("failures", len(load.failures()))
    assert kills >= 5 * duration_s, "the machine is too slow for this test"

    failures = load.failures()
    assert len(failures) <= kills, f"seed {seed}: {failures}"
    assert {answer.code for answer in failures} <= {"WORKER_UNAVAILABLE"}, f"seed {seed}"
    repeatable = [
        answer for answer in failures if answer.kind.startswith("GET") or answer.kind.endswith("/refresh")
    ]
    assert not repeatable, f"seed {seed}: {repeatable}"
    assert not changes(service, log_at), "the breaker moved, and the database was well"
    crowd.assert_all_is_well()


@pytest.mark.parametrize("count", [3, also_slow(20)])
def test_rolling_restarts(service, crowd, count, record_property):
    """Every worker is new each time, and nobody notices."""
    with Load(service, crowd.steps) as load:
        load.wait_for(40)
        for _ in range(count):
            old = service.roll()
            new = service.worker_pids()
            assert len(new) == API_WORKERS + HASH_WORKERS and not set(new) & set(old)
            load.wait_for(10)
    record_property("answers", len(load.answers()))
    assert not load.failures()
    crowd.assert_all_is_well()


def reload_nginx(service):
    """To its end: the new processes serve, the old ones have gone."""
    master = int((service.state_dir / "run/nginx.pid").read_text())
    old = processes.children(master)
    os.kill(master, signal.SIGHUP)
    wait_until(
        lambda: len(new := processes.children(master)) >= len(old) and not set(new) & set(old),
        "nginx to have reloaded",
    )


@pytest.mark.parametrize("keep_alive", [True, False], ids=["kept-alive", "one-by-one"])
@pytest.mark.parametrize("count", [3, also_slow(20)])
def test_nginx_reloads(service, crowd, keep_alive, count, record_property):
    """Nobody notices: neither clients that connect for each request, nor those that keep a
    connection and, as every browser does, repeat what a closed one left without an answer."""
    with Load(service, crowd.steps, keep_alive=keep_alive) as load:
        load.wait_for(40)
        for _ in range(count):
            reload_nginx(service)
            load.wait_for(10)
    record_property("answers", len(load.answers()))
    record_property("repeated", sum(answer.was_repeated for answer in load.answers()))
    assert not load.failures()
    crowd.assert_all_is_well()


def test_more_and_fewer_workers(service, crowd):
    """SIGTTIN and SIGTTOU under load: nobody notices."""
    with Load(service, crowd.steps) as load:
        load.wait_for(40)
        for wanted in (*range(API_WORKERS + 1, API_WORKERS + 4), *range(API_WORKERS + 2, 0, -1)):
            now = len(service.worker_pids("api"))
            more = wanted > now
            os.kill(service.supervisor_pid(), signal.SIGTTIN if more else signal.SIGTTOU)
            service.wait_for_workers("api", wanted)
            load.wait_for(10)
        for wanted in range(2, API_WORKERS + 1):
            os.kill(service.supervisor_pid(), signal.SIGTTIN)
            service.wait_for_workers("api", wanted)
    assert not load.failures()
    crowd.assert_all_is_well()


def everyone(service):
    return [service.supervisor_pid(), *service.worker_pids()]


def assert_only_nginx_answers(service):
    Client(service).get("/users/me").expect_problem(502, "WORKER_UNAVAILABLE")


def test_quit_ends_at_once(service, crowd):
    """SIGQUIT waits for nobody, a worker that hangs included."""
    with Load(service, crowd.steps) as load:
        load.wait_for(40)
        [hung, *_] = service.worker_pids("api")
        os.kill(hung, signal.SIGSTOP)
        processes.wait_until_stopped([hung])
        there = everyone(service)
        os.kill(there[0], signal.SIGQUIT)
        processes.wait_until_gone(there, "everyone", timeout_s=2)
    assert {answer.code for answer in load.failures()} <= {"WORKER_UNAVAILABLE"}
    assert_only_nginx_answers(service)
    service.run_again()
    crowd.assert_all_is_well()


def test_drain_under_load(service, crowd):
    """SIGTERM: what is in hand is answered, all leave by themselves, and soon."""
    with Load(service, crowd.steps) as load:
        load.wait_for(40)
        log_at = service.logs.size(WORKER)
        there = everyone(service)
        told_s = time.monotonic()
        os.kill(there[0], signal.SIGTERM)
        processes.wait_until_gone(there, "everyone", timeout_s=WORKER_TIMEOUT_S)
    _, lines = service.logs.worker_lines(log_at)
    left = [line for line in lines if line["message"] == "worker left"]
    assert len(left) == API_WORKERS + HASH_WORKERS, left
    assert all(line["exit"].startswith("exit code 0") for line in left), left
    failures = load.failures()
    assert {answer.code for answer in failures} <= {"WORKER_UNAVAILABLE"}
    assert all(answer.ended_s > told_s for answer in failures)
    assert_only_nginx_answers(service)
    service.run_again()
    crowd.assert_all_is_well()


@pytest.mark.slow
def test_drain_with_a_worker_that_hangs(service, crowd, expect_errors):
    """It is killed when the bound is over; the others do not wait for that."""
    expect_errors("(?i)worker", required=False)
    with Load(service, crowd.steps) as load:
        load.wait_for(40)
        [hung, *others] = service.worker_pids("api")
        os.kill(hung, signal.SIGSTOP)
        processes.wait_until_stopped([hung])
        there = everyone(service)
        os.kill(there[0], signal.SIGTERM)
        processes.wait_until_gone(others, "the others", timeout_s=WORKER_TIMEOUT_S)
        processes.wait_until_gone(there, "everyone", timeout_s=DRAIN_BOUND_S + 1)
    service.run_again()
    crowd.assert_all_is_well()


def test_supervisor_killed(service, crowd):
    """No worker outlives it, and `make up` brings everything back."""
    with Load(service, crowd.steps) as load:
        load.wait_for(40)
        there = everyone(service)
        os.kill(there[0], signal.SIGKILL)
        processes.wait_until_gone(there, "the supervisor and its workers", timeout_s=5)
    assert {answer.code for answer in load.failures()} <= {"WORKER_UNAVAILABLE"}
    assert_only_nginx_answers(service)
    service.run_again()
    assert not set(everyone(service)) & set(there)
    crowd.assert_all_is_well()
