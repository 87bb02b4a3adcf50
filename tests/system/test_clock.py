# SPDX-License-Identifier: Apache-2.0
"""The machine's clock stepped by a day, forward and back, under a running service.

PostgreSQL, nginx and the workers of this copy run under libfaketime (Debian package `faketime`),
which tells them another time of day from one moment to the next. The monotonic clock it leaves
alone, as a real step does."""

import email.utils
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from latchkey_testkit import problem, processes
from latchkey_testkit.accounts import Account, Session, fresh_username
from latchkey_testkit.breaker import changes, check_chain
from latchkey_testkit.guessing import guess
from latchkey_testkit.logs import WORKER
from latchkey_testkit.service import BUILD, stopped_processes
from latchkey_testkit.tokens import claims_of
from latchkey_testkit.waiting import wait_until

DAY_S = 24 * 60 * 60
BREAKER_TIMEOUT_S = 2
SECONDS_PER_LOGIN = 2
LEEWAY_S = 1
BURST = 10  # nginx/render

SETTINGS = {
    "DATABASE_TIMEOUT": "1s",
    "CIRCUIT_BREAKER_TIMEOUT": f"{BREAKER_TIMEOUT_S}s",
    "CIRCUIT_BREAKER_THRESHOLD": "1",
    "RATE_LIMIT_LOGIN": f"{60 // SECONDS_PER_LOGIN}r/m",
    "REFRESH_REUSE_LEEWAY": f"{LEEWAY_S}s",
    "LOG_LEVEL": "INFO",
}


class Clock:
    """The time of day that the copy is told."""

    def __init__(self, folder):
        self._file = folder / "clock"
        self.step(0)

    def step(self, seconds):
        # Renamed into place: who looks sees the old time or the new one.
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.rename(self._file)

    def environment(self):
        [library] = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_NO_CACHE": "1",
            "NO_FAKE_STAT": "1",
        }


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    if BUILD == "asan":
        pytest.skip("the sanitizers want to be loaded first, and so does libfaketime")
    folder = tmp_path_factory.mktemp("clock")
    for each in (folder, folder.parent, folder.parent.parent):
        each.chmod(0o755)  # PostgreSQL may run as another user
    before = set(shared_by_libfaketime())
    yield Clock(folder)
    for path in set(shared_by_libfaketime()) - before:
        path.unlink(missing_ok=True)  # left by processes that executed another program


def shared_by_libfaketime():
    return Path("/dev/shm").glob("*faketime_s*")


def put_nginx_under(service, clock):
    """nginx drops the environment it was started with, but for what its configuration names."""
    names = "".join(f"env {name};\n" for name in clock.environment())
    conf = service.state_dir / "nginx/nginx.conf"
    conf.write_text(names + conf.read_text())
    master = int((service.state_dir / "run/nginx.pid").read_text())
    there = [master, *processes.children(master)]
    os.kill(master, signal.SIGQUIT)
    processes.wait_until_gone(there, "nginx")
    environment = service.environment()
    environment["PATH"] += ":/usr/sbin:/sbin"
    environment["TZ"] = "UTC"
    command = ["nginx", "-p", str(conf.parent), "-c", str(conf)]
    subprocess.run(command, env=environment, check=True, timeout=30)


@pytest.fixture(scope="module")
def service(spare, clock):
    with spare(settings=SETTINGS | clock.environment()) as running:
        put_nginx_under(running, clock)
        yield running
        clock.step(0)


@pytest.fixture(autouse=True)
def _dates_may_be_off(monkeypatch, clock):
    monkeypatch.setattr(problem, "CLOCK_TOLERANCE_S", DAY_S + 60)
    yield
    clock.step(0)


def login_when_allowed(account):
    """Past the rate limit, which the tests share."""
    bound_s = 2 * SECONDS_PER_LOGIN + 5
    reply = wait_until(lambda: (r := account.login()).status != 429 and r, "a login", bound_s)
    return reply.expect(200).json()


def off_by_s(date):
    """How far an HTTP date is from now."""
    return email.utils.parsedate_to_datetime(date).timestamp() - time.time()


@pytest.mark.parametrize("step_s", [DAY_S, -DAY_S], ids=["forward", "back"])
def test_service_goes_on(service, client, clock, account, step_s):
    """Sessions live on both sides of a step; new logins and registrations are good at once."""
    stepped = pytest.approx(step_s, abs=60)
    clock.step(step_s)
    assert off_by_s(client.get("/health").header("Date")) == stepped  # nginx is told
    [(now,)] = service.query("SELECT extract(epoch FROM now())::bigint")
    assert now - time.time() == stepped  # and PostgreSQL

    new = Session(client, login_when_allowed(account))
    assert claims_of(new.access_token)["iat"] - time.time() == stepped  # and the workers
    new.assert_lives()
    new.refresh_and_take().assert_lives()
    other = Account(client)
    if step_s > 0:
        account.session.me().expect_problem(401, "TOKEN_EXPIRED")
    account.session.refresh_and_take().assert_lives()

    clock.step(0)
    for session in (account.session, new, other.session):
        session.refresh_and_take().assert_lives()
    client.get("/readiness").expect(200)


def test_leeway_does_not_grow(client, clock):
    """A session refreshed before a step back: its used token is not good for another day."""
    clock.step(DAY_S)
    session = Account(client).session
    used = session.refresh_token
    session.refresh_and_take()
    over_s = time.monotonic() + 1.5 * LEEWAY_S
    clock.step(0)
    wait_until(lambda: time.monotonic() > over_s, "the end of the leeway")
    reply = client.post("/auth/refresh", {"refresh_token": used})
    reply.expect_problem(401, "TOKEN_REVOKED")


def test_breaker_does_not_move(service, client, clock, account, expect_errors):
    """It opens, the clock is stepped: Retry-After and the time of recovery are as without."""
    expect_errors("DATABASE_UNAVAILABLE", required=False)  # /readiness is no ERROR
    log_at = service.logs.size(WORKER)
    postmaster = service.postmaster_pid()
    with stopped_processes([postmaster, *processes.children(postmaster)]):
        client.get("/readiness").expect_problem(503, "DATABASE_UNAVAILABLE")
        opened_s = time.monotonic()
    asked = []  # (seconds since it opened, Retry-After)

    def is_back():
        asked_s = time.monotonic() - opened_s
        reply = client.get("/readiness")
        if reply.status == 200:
            return True
        reply.expect_problem(503, "CIRCUIT_OPEN")
        asked.append((asked_s, int(reply.header("Retry-After"))))
        return False

    for step_s in (0, DAY_S, -DAY_S):
        clock.step(step_s)
        assert not is_back(), f"closed by a step of {step_s} s"
    wait_until(is_back, "recovery", BREAKER_TIMEOUT_S + 5)
    back_s = time.monotonic() - opened_s
    # It opened a moment before the answer came.
    assert BREAKER_TIMEOUT_S - 0.5 < back_s < BREAKER_TIMEOUT_S + 1
    for asked_s, retry_after_s in asked:
        remaining_s = BREAKER_TIMEOUT_S - asked_s
        assert remaining_s - 1 <= retry_after_s <= remaining_s + 1.1, asked
    check_chain(changes(service, log_at))
    account.session.refresh_and_take().assert_lives()


def test_rate_limits_do_not_move(clock, account):
    """Who is over the rate stays so, and for no longer than the rate says."""
    for _ in range(BURST + 5):
        if account.login().status == 429:
            break
    for step_s in (DAY_S, -DAY_S):
        clock.step(step_s)
        account.login().expect_problem(429, "TOO_MANY_REQUESTS")
    stepped_s = time.monotonic()
    login_when_allowed(account)
    assert time.monotonic() - stepped_s < SECONDS_PER_LOGIN + 2
    # One login has become free, not eleven.
    assert 429 in [account.login().status for _ in range(2)]


def test_throttle_does_not_grow(service, clock):
    """A name blocked before a step back waits no day more; nor are the attempts forgotten."""
    name = fresh_username()
    clock.step(DAY_S)
    while (reply := guess(service, name)).status == 401:
        pass
    reply.expect_problem(429, "TOO_MANY_REQUESTS")
    clock.step(0)
    guess(service, name).expect_problem(401, "INVALID_CREDENTIALS")
    reply = guess(service, name)
    reply.expect_problem(429, "TOO_MANY_REQUESTS")
    assert int(reply.header("Retry-After")) == 2  # the second wait, and a second is as long as ever
