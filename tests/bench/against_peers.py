# SPDX-License-Identifier: Apache-2.0
"""Beside other stacks (peers/README.md): requests a second and their cost by turns, with all of them
running; then memory and cold start, each of them alone. The best peer of a row is the one that answers
most of its requests; of memory and cold start, the one that answers most of `/users/me`."""

import contextlib
import http.client
import os
import signal
import time

from latchkey_testkit import processes
from latchkey_testkit.accounts import Account
from latchkey_testkit.client import Client
from latchkey_testkit.service import StateFolder, running

import stacks
from against_floor import SETTINGS
from figures import Figure, median_of, median_ratio
from sides import ROWS, Contender, Edge, by_turns, memory_kib
from sizes import fill

USERS = 10_000  # and as many sessions
LEAST_TIMES = {"health": 1.0, "me": 1.5, "refresh": 2.0}
MOST_CPU = 1 / 3
MOST_FOOTPRINT = 1 / 10
OURS = "Latchkey"

WARM_AFTER = 20_000  # requests: node compiles what it has seen often
WARM_WITHIN_S = 30
POLL_S = 0.0005
START_S = 30


class Side:
    """Latchkey or a peer: an application that can be started, and the contender that it makes."""

    def __init__(self, name, application, edge, rows):
        self.name = name
        self.application = application
        self.edge = edge
        self.rows = rows
        self.contender = None  # when it runs

    def start(self):
        """Returns how long it took until it answered."""
        began = time.perf_counter()
        self.application.start()
        while not self._is_healthy():
            if time.perf_counter() - began > START_S:
                raise SystemExit(f"{self.name} does not start")
            time.sleep(POLL_S)
        return time.perf_counter() - began

    def _is_healthy(self):
        """As seen through nginx, which says 502 until then."""
        connection = http.client.HTTPConnection("127.0.0.1", self.edge.port, timeout=START_S)
        with contextlib.closing(connection):
            connection.request("GET", "/health")
            return connection.getresponse().status == 200

    def memory_mb(self):
        return sum(memory_kib(pid, "Pss") for pid in self.application.pids()) / 1024


def measure(options, folder):
    stacks.install()
    state = StateFolder()
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(state.remove)
        service = cleanup.enter_context(running(state.path, settings=SETTINGS))
        client = Client(service)
        Account(client)
        fill(service, USERS, USERS)
        _end_supervisor(service)
        sides = [_latchkey(service, client, folder, cleanup)]
        sides += [_peer(stack, service, folder, cleanup) for stack in stacks.STACKS]
        found = {row: _throughput(row, sides, options) for row in LEAST_TIMES}
        for side in sides:
            side.application.stop()
        footprints = _footprints(sides, options)
    return [*_figures_of_requests(found), *_figures_of_footprints(found, footprints)]


def _end_supervisor(service):
    """The copy's own gives way to one that is started and stopped here, on the same sockets."""
    pids = [service.supervisor_pid(), *service.worker_pids()]
    os.kill(pids[0], signal.SIGTERM)
    processes.wait_until_gone(pids, "the supervisor of the copy")


def _latchkey(service, client, folder, cleanup):
    edge = Edge(service, folder / "edge", {})
    cleanup.callback(edge.close)
    side = Side(OURS, stacks.latchkey(service), edge, tuple(LEAST_TIMES))
    return _started(side, service, lambda: Account(client).session, cleanup)


def _peer(stack, service, folder, cleanup):
    own = folder / stack.name.lower()
    edge = stacks.PeerEdge(stack, own)
    cleanup.callback(edge.close)
    database = stack.database(service, stack.name, USERS)
    cleanup.callback(database.close)
    side = Side(stack.name, stacks.Peer(stack, database, own), edge, stack.rows)
    return _started(side, service, database.open_session, cleanup)


def _started(side, service, open_session, cleanup):
    cleanup.callback(side.application.stop)
    side.start()
    side.contender = Contender(side.name, side.edge, side.application.pids, service, open_session)
    return side


# --- what is measured -----------------------------------------------------------------------------


def _throughput(row, sides, options):
    contenders = [side.contender for side in sides if row in side.rows]
    for contender in contenders:
        _warm_up(contender, row)
    return by_turns(row, contenders, options)


def _warm_up(contender, row):
    count, until = 0, time.monotonic() + WARM_WITHIN_S
    while count < WARM_AFTER and time.monotonic() < until:
        count += contender.run(row, 1)["count"]


def _footprints(sides, options):
    """Alone, since what processes share counts for each of them in part."""
    found = {side.name: [] for side in sides}
    for number in range(options.rounds + 1):
        for side in sides if number % 2 else sides[::-1]:
            cold_start_s = side.start()
            for row in side.rows:
                side.contender.run(row, 1)
            if number:  # in the first, files come from the disk
                found[side.name].append({"ms": cold_start_s * 1000, "mb": side.memory_mb()})
            side.application.stop()
    return found


# --- what is told ---------------------------------------------------------------------------------


def _best_peer(found):
    return max((name for name in found if name != OURS), key=lambda name: median_of(found[name], "rate"))


def _figures_of_requests(found):
    for row, by_name in found.items():
        best = _best_peer(by_name)
        least = LEAST_TIMES[row]
        ratio = median_ratio(by_name[OURS], by_name[best], "rate")
        yield Figure(
            f"`{ROWS[row][0]}`, requests a second", f"≥ {least:.1f} of {best}", f"{ratio:.2f}",
            ratio >= least, "; ".join(_rate_of(*each) for each in by_name.items()),
        )  # fmt: skip
    for row, by_name in found.items():
        best = _best_peer(by_name)
        ratio = median_ratio(by_name[OURS], by_name[best], "application_us")
        yield Figure(
            f"`{ROWS[row][0]}`, the application's CPU a request", f"≤ {MOST_CPU:.2f} of {best}",
            f"{ratio:.2f}", ratio <= MOST_CPU, "; ".join(_cpu_of(*each) for each in by_name.items()),
        )  # fmt: skip


def _rate_of(name, results):
    return f"{name} {median_of(results, 'rate'):,.0f}, p99 {median_of(results, 'p99_us') / 1000:.1f} ms"


def _cpu_of(name, results):
    application, nginx, database = (
        f"{median_of(results, key):.0f}" for key in ("application_us", "nginx_us", "database_us")
    )
    return f"{name} {application} us, nginx {nginx}, PostgreSQL {database}"


def _figures_of_footprints(found, footprints):
    best = _best_peer(found["me"])
    rows = {"mb": ("memory of all processes (PSS), after load", "MB"), "ms": ("cold start", "ms")}
    for key, (what, unit) in rows.items():
        ratio = median_ratio(footprints[OURS], footprints[best], key)
        yield Figure(
            what, f"≤ {MOST_FOOTPRINT:.2f} of {best}", f"{ratio:.3f}", ratio <= MOST_FOOTPRINT,
            ", ".join(f"{name} {median_of(each, key):,.0f} {unit}" for name, each in footprints.items()),
        )  # fmt: skip
