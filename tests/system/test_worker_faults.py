# SPDX-License-Identifier: Apache-2.0
"""Workers that hang, die, are too few, or are told to leave: 503 OVERLOADED, 504, 502, drain.

A copy of its own: one hash worker, hashes that take a while, a queue of one, a short timeout."""

import os
import signal
import threading

import pytest

from latchkey_testkit import processes
from latchkey_testkit.accounts import Account, Session
from latchkey_testkit.client import Client
from latchkey_testkit.logs import WORKER
from latchkey_testkit.secrecy import fresh_marker
from latchkey_testkit.service import BUILD, stopped_processes
from latchkey_testkit.waiting import at_once, wait_until

WORKER_TIMEOUT_S = 3

SETTINGS = {
    "BCRYPT_ROUNDS": "12",
    "HASH_QUEUE_LOGIN": "1",
    "WORKER_TIMEOUT": f"{WORKER_TIMEOUT_S}s",
    "LOG_LEVEL": "INFO",
}


@pytest.fixture(scope="module")
def service(spare):
    with spare(settings=SETTINGS, api_workers=2, hash_workers=1) as running:
        yield running


class LoginInFlight:
    """A login whose hash is being computed when the constructor returns."""

    def __init__(self, service, account, path="/auth/login"):
        [self.worker] = service.wait_for_workers("hash", 1)
        before = processes.cpu_ticks(self.worker)
        self._reply = None
        self._thread = threading.Thread(target=self._login, args=(Client(service), path, account))
        self._thread.start()
        wait_until(lambda: processes.cpu_ticks(self.worker) >= before + 4, "a hash being computed")

    def _login(self, client, path, account):
        credentials = {"username": account.username, "password": account.password}
        self._reply = client.post(path, credentials)

    def reply(self):
        self._thread.join(timeout=30)
        assert self._reply is not None, "the login was never answered"
        return self._reply


def test_hash_queue_full(client, account):
    """Surplus logins are refused at once; everything else goes on."""
    clients = [client.fresh() for _ in range(10)]
    credentials = {"username": account.username, "password": account.password}

    def send(i):
        if i == 0:
            return clients[0].get("/users/me", token=account.session.access_token)
        return clients[i].post("/auth/login", credentials)

    me, *logins = at_once(10, send)
    me.expect(200)
    assert {reply.status for reply in logins} == {200, 503}
    refused = [reply for reply in logins if reply.status == 503]
    for reply in refused:
        reply.expect_problem(503, "OVERLOADED")
        assert reply.elapsed_s < 2
    # nginx counts a request until it has been logged, a moment after its answer.
    wait_until(lambda: account.login().status == 200, "room in the queue")


def test_a_worker_hangs_in_a_request(service, client, account):
    """The client gets 504, and then the worker is killed and replaced."""
    login = LoginInFlight(service, account, f"/auth/login?{fresh_marker()}={fresh_marker()}")
    with stopped_processes([login.worker]):
        account.session.assert_lives()  # the other pool has workers of its own
        client.get("/openapi.json").expect(200)
        reply = login.reply()
        reply.expect_problem(504, "WORKER_TIMEOUT")
        assert WORKER_TIMEOUT_S * 0.9 < reply.elapsed_s < WORKER_TIMEOUT_S + 2
        processes.wait_until_gone([login.worker], "the worker that hangs", WORKER_TIMEOUT_S)
    service.wait_for_workers("hash", 1)
    account.login().expect(200)


def test_idle_workers_that_hang_are_replaced(service, client, account):
    """A request that comes meanwhile waits in the socket for their successors, or gets 504."""
    hash_workers = service.worker_pids("hash")
    hanging = service.worker_pids("api")
    with stopped_processes(hanging):
        reply = client.get("/users/me", token=account.session.access_token)
        assert reply.status == 200 or reply.expect_problem(504, "WORKER_TIMEOUT")
        processes.wait_until_gone(hanging, "the workers that hang", WORKER_TIMEOUT_S + 2)
        service.wait_for_workers("api", 2)
    account.session.assert_lives()
    assert service.worker_pids("hash") == hash_workers


def test_a_worker_that_halts_for_less_than_the_timeout_lives_on(service, account):
    before = service.worker_pids()
    with stopped_processes(service.worker_pids("api")):
        waiting = threading.Thread(target=lambda: account.session.me().expect(200))
        waiting.start()
        waiting.join(timeout=WORKER_TIMEOUT_S / 3)
        assert waiting.is_alive()
    waiting.join(timeout=30)
    assert not waiting.is_alive()
    assert service.worker_pids() == before


def test_killed_workers_are_replaced(service, account, expect_errors):
    expect_errors("(?i)worker", required=False)
    for pool, count in (("api", 2), ("hash", 1)):
        old = service.wait_for_workers(pool, count)
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        wait_until(
            lambda: len(new := service.worker_pids(pool)) == count and not set(new) & set(old),
            f"new {pool} workers",
        )
    account.session.assert_lives()
    account.login().expect(200)


def test_a_worker_killed_with_a_request_in_hand(service, account, expect_errors):
    """A crash costs one request."""
    expect_errors("(?i)worker", required=False)
    login = LoginInFlight(service, account)
    os.kill(login.worker, signal.SIGKILL)
    login.reply().expect_problem(502, "WORKER_UNAVAILABLE")
    processes.wait_until_gone([login.worker], "the killed worker")
    service.wait_for_workers("hash", 1)
    account.login().expect(200)


def test_a_segment_cut_off_under_their_feet(service, client, account, expect_errors):
    """Each worker dies of it once (SIGBUS) and is replaced by one with a segment of its own, which says
    so; with the file out of the way all share one again."""
    expect_errors("(?i)shared segment cannot be used|SIGBUS|worker", required=False)
    if BUILD == "asan":
        pytest.skip("the sanitizer takes SIGBUS for a fault of its own and writes it into the log")
    [segment] = (service.state_dir / "run").glob("shared-v*")
    old = service.worker_pids()
    offset = service.logs.size(WORKER)
    try:
        os.truncate(segment, 0)
        wait_until(
            lambda: client.get("/health").status == account.login().status == 200
            and not set(service.worker_pids()) & set(old),
            "all workers to be replaced",
            timeout_s=30,
        )
        account.session.assert_lives()
        _, lines = service.logs.worker_lines(offset)
        alone = [line for line in lines if "the shared segment cannot be used" in line["message"]]
        assert len(alone) >= len(old)
    finally:
        segment.unlink()
        service.roll()
    account.session.assert_lives()
    assert segment.stat().st_size > 0


def test_one_worker_told_to_leave_finishes_and_is_replaced(service, account):
    login = LoginInFlight(service, account)
    os.kill(login.worker, signal.SIGTERM)
    login.reply().expect(200)
    processes.wait_until_gone([login.worker], "the worker that was told to leave")
    service.wait_for_workers("hash", 1)
    account.login().expect(200)


def test_drain_then_no_worker_then_back(service, client, account):
    """SIGTERM to the supervisor: the login in flight is answered, then nginx stands alone."""
    supervisor = service.supervisor_pid()
    everyone = [supervisor, *service.worker_pids()]
    login = LoginInFlight(service, account)
    os.kill(supervisor, signal.SIGTERM)
    session = Session(client, login.reply().expect(200).json())
    processes.wait_until_gone(everyone, "the supervisor and its workers")

    marker = fresh_marker()
    for path in ("/users/me", "/health", "/readiness"):
        client.get(f"{path}?{marker}={marker}").expect_problem(502, "WORKER_UNAVAILABLE")
    for path in ("/auth/login", "/auth/register", "/auth/refresh"):
        client.post(f"{path}?q={marker}", {}).expect_problem(502, "WORKER_UNAVAILABLE")
    client.get("/openapi.json").expect(200)

    service.restart()
    Account(client)
    session.assert_lives()
    session.refresh().expect(200)
