# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL lost under load, killed or frozen: bounded answers, one breaker for all workers,
counted probes, and recovery.

A copy of its own, with a short deadline and a breaker that opens and closes soon."""

import contextlib
import datetime
import os
import signal
import time

import pytest

from latchkey_testkit import processes
from latchkey_testkit.breaker import Segment, changes, check_chain, check_log_against_segment
from latchkey_testkit.crowd import Crowd
from latchkey_testkit.load import Load, percentile
from latchkey_testkit.logs import WORKER
from latchkey_testkit.outages import Impostor, kill_database
from latchkey_testkit.service import stopped_processes
from latchkey_testkit.waiting import wait_until

DATABASE_TIMEOUT_S = 1
BREAKER_TIMEOUT_S = 0.5
THRESHOLD = 3
API_WORKERS = 4
HASH_WORKERS = 2

ANSWER_BOUND_S = DATABASE_TIMEOUT_S + 0.5
RECOVERY_BOUND_S = BREAKER_TIMEOUT_S + 1
LEASE_S = 2 * DATABASE_TIMEOUT_S
REFUSAL_P99_MS = 5

SETTINGS = {
    "DATABASE_TIMEOUT": f"{DATABASE_TIMEOUT_S}s",
    "CIRCUIT_BREAKER_THRESHOLD": str(THRESHOLD),
    "CIRCUIT_BREAKER_TIMEOUT": f"{int(1000 * BREAKER_TIMEOUT_S)}ms",
    # A rotation may be committed and its answer lost: the token must be good for the whole outage.
    "REFRESH_REUSE_LEEWAY": "5m",
    "LOG_LEVEL": "INFO",
}

ILLNESS = "DATABASE_UNAVAILABLE|CIRCUIT_OPEN"
UNAVAILABLE = ("DATABASE_UNAVAILABLE", "CIRCUIT_OPEN")


@pytest.fixture(scope="module")
def service(spare):
    # Without a pooler in any run: what the workers ask is counted on PostgreSQL's own socket.
    # test_database_faults and test_pooler have the faults behind a pooler.
    with spare(
        settings=SETTINGS, api_workers=API_WORKERS, hash_workers=HASH_WORKERS, pooler="none"
    ) as running:
        yield running


class Outage:
    """A load over an outage, and the verdict on it."""

    def __init__(self, service):
        self.service = service
        self.crowd = Crowd(service, readers=API_WORKERS, refreshers=2, logins=HASH_WORKERS)
        self.load = Load(service, self.crowd.steps)
        self._segment = Segment(service)
        self._log_at = service.logs.size(WORKER)
        self.up_s = None

    def changes(self, after=None):
        found = changes(self.service, self._log_at)
        return [change for change in found if after in (None, change.after)]

    def wait_for_probes(self, count):
        """Each of them fails, so each begins a new period of refusals."""
        bound_s = 10 + count * (BREAKER_TIMEOUT_S + DATABASE_TIMEOUT_S)
        wait_until(lambda: len(self.changes("half_open")) >= count, f"{count} probes", bound_s)

    def wait_for_recovery(self):
        """Past the moment at which all must be normal, so that a later failure would be seen."""
        wait_until(lambda: Segment(self.service).state == "closed", "the breaker to close", 15)
        wait_until(lambda: time.monotonic() > self.up_s + RECOVERY_BOUND_S + 0.3, "the bound")
        self.load.wait_for(40)

    def judge(self, record_property):
        chain = self.changes()
        check_chain(chain)
        counted = Segment(self.service).since(self._segment)
        check_log_against_segment(chain, counted)

        failures = self.load.failures()
        assert {answer.code for answer in failures} == set(UNAVAILABLE), failures[:20]
        assert all(answer.status == 503 and answer.retry_after_s >= 1 for answer in failures)
        slowest = max(self.load.answers(), key=lambda answer: answer.elapsed_s)
        assert slowest.elapsed_s < ANSWER_BOUND_S, slowest
        assert all(answer.is_good for answer in self.load.answers("GET /health"))

        # Opened by the first failures of all workers together; each probe is one failure more.
        asked = [answer for answer in failures if answer.code == "DATABASE_UNAVAILABLE"]
        probes = counted["half_opened"]
        assert len(asked) <= THRESHOLD + (API_WORKERS + HASH_WORKERS - 1) + probes, asked

        last = max(failures, key=lambda answer: answer.ended_s)
        assert last.ended_s < self.up_s + RECOVERY_BOUND_S, (last, self.up_s)
        refused_p99_ms = self._judge_refusals(failures)

        record_property("answers", len(self.load.answers()))
        record_property("slowest_s", round(slowest.elapsed_s, 3))
        record_property("database_asked", f"{len(asked)}, of these probes: {probes}")
        record_property("recovered_after_s", round(last.ended_s - self.up_s, 3))
        record_property("refused_p99_ms", refused_p99_ms)

    def _judge_refusals(self, failures):
        """By the worker's own clock: the machine's load is not what is measured."""
        _, lines = self.service.logs.worker_lines(self._log_at)
        times_ms = [
            line["duration_ms"] for line in lines if line.get("error_code") == "CIRCUIT_OPEN"
        ]
        refused = [answer for answer in failures if answer.code == "CIRCUIT_OPEN"]
        assert len(times_ms) >= len(refused) >= 100, "too few refusals to speak of p99"
        assert all(1 <= answer.retry_after_s <= LEASE_S for answer in refused)
        p99_ms = percentile(times_ms, 99)
        assert p99_ms < REFUSAL_P99_MS
        return p99_ms


@pytest.fixture
def outage(service, expect_errors):
    expect_errors(ILLNESS)
    return Outage(service)


@contextlib.contextmanager
def killed(service):
    kill_database(service)
    try:
        yield
    finally:
        service.start_database()


@contextlib.contextmanager
def frozen(service):
    postmaster = service.postmaster_pid()
    with stopped_processes([postmaster, *processes.children(postmaster)]):
        yield


@pytest.mark.parametrize("lost", [killed, frozen])
def test_database_lost_under_load(service, outage, lost, record_property):
    """No answer after the deadline, nothing but 503 with Retry-After, refusals at once, and soon
    after the end all is as before."""
    with outage.load as load:
        load.wait_for(40)
        with lost(service):
            outage.wait_for_probes(2)
        outage.up_s = time.monotonic()
        outage.wait_for_recovery()
    outage.judge(record_property)
    outage.crowd.assert_all_is_well()


@pytest.mark.slow
def test_database_frozen_with_more_clients_than_workers(service, expect_errors):
    """The deadline is the client's, however few workers there are: here one, with six clients."""
    expect_errors(ILLNESS)
    crowd = Crowd(service, readers=6, refreshers=0, logins=0)
    with contextlib.ExitStack() as stack:
        for wanted in range(API_WORKERS - 1, 0, -1):
            resize(service, signal.SIGTTOU, wanted)
            stack.callback(resize, service, signal.SIGTTIN, wanted + 1)
        with Load(service, crowd.steps) as load:
            load.wait_for(20)
            with frozen(service):
                wait_until(lambda: Segment(service).state == "open", "the breaker to open")
            wait_until(lambda: Segment(service).state == "closed", "the breaker to close", 15)
    crowd.assert_all_is_well()
    slowest = max(load.answers(), key=lambda answer: answer.elapsed_s)
    assert slowest.elapsed_s < ANSWER_BOUND_S, slowest


def resize(service, signal_number, wanted):
    os.kill(service.supervisor_pid(), signal_number)
    service.wait_for_workers("api", wanted)


# --- probes ------------------------------------------------------------------------------------


@contextlib.contextmanager
def changed_setting(service, name, value):
    """In the file, by a rolling restart, and back."""
    file = service.state_dir / "latchkey.env"
    text = file.read_text()
    file.write_text(f"{text}{name}={value}\n")
    service.roll()
    try:
        yield
    finally:
        file.write_text(text)
        service.roll()


def seconds(change):
    moment = datetime.datetime.strptime(change.timestamp, "%Y-%m-%dT%H:%M:%S.%fZ")
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


def connections_per_period(impostor, half_openings):
    """How often the server was asked from each half-open state to the next, refusals and all."""
    begins = [seconds(change) for change in half_openings]
    ends = [*begins[1:], float("inf")]
    return [
        sum(begin <= moment < end for moment in impostor.times) for begin, end in zip(begins, ends)
    ]


def test_probes_are_counted_by_the_server(service, outage, record_property):
    """One probe in each half-open period, of all workers together, as an impostor counts them that
    hangs up at once, and one that takes its time while everybody asks."""
    with outage.load as load:
        load.wait_for(20)
        with killed(service):
            for hold_s in (0, DATABASE_TIMEOUT_S / 3):
                seen = len(outage.changes("half_open"))
                with Impostor(service, hold_s) as impostor:
                    outage.wait_for_probes(seen + 2)
                counts = connections_per_period(impostor, outage.changes("half_open")[seen:])
                # The last period has begun, and its probe may not have arrived; and one that was
                # given back, since its request had waited too long, asks nobody.
                assert max(counts) == 1, (hold_s, counts)
        outage.up_s = time.monotonic()
        outage.wait_for_recovery()
    outage.judge(record_property)
    outage.crowd.assert_all_is_well()


@pytest.mark.slow
def test_as_many_probes_as_the_setting_says(service, outage):
    """Two at once where two are allowed, and never a third."""
    with changed_setting(service, "CIRCUIT_BREAKER_HALF_OPEN_MAX_CALLS", 2):
        with outage.load as load:
            load.wait_for(20)
            with killed(service), Impostor(service, DATABASE_TIMEOUT_S / 3) as impostor:
                outage.wait_for_probes(4)
            counts = connections_per_period(impostor, outage.changes("half_open"))
            assert max(counts) == 2, counts
            wait_until(lambda: Segment(service).state == "closed", "the breaker to close", 15)
    outage.crowd.assert_all_is_well()


def test_a_worker_killed_with_the_probe_in_hand(service, outage):
    """Nobody reports: the lease brings the probe back, and nothing stays stuck in the segment."""
    with outage.load as load:
        load.wait_for(20)
        with frozen(service):
            outage.wait_for_probes(1)
            [change] = outage.changes("half_open")
            pool, slot = change.worker.split("/")
            [holder] = [
                pid
                for pid in service.worker_pids(pool)
                if processes.command_line(pid)[-2:] == ["--slot", slot]
            ]
            os.kill(holder, signal.SIGKILL)
            killed_s = time.monotonic()
        wait_until(lambda: Segment(service).state == "closed", "the breaker to close", 15)
        assert time.monotonic() - killed_s < LEASE_S + 1
        load.wait_for(40)
    assert [change.after for change in outage.changes()] == [
        "open",
        "half_open",
        "half_open",
        "closed",
    ]
    lost = [answer for answer in load.failures() if answer.code not in UNAVAILABLE]
    assert len(lost) <= 1, lost
    service.wait_for_workers("api", API_WORKERS)
    outage.crowd.assert_all_is_well()
