# SPDX-License-Identifier: Apache-2.0
"""Workers: their memory, what they do when there is nothing to do, and how many of them there may be."""

import os
import pathlib
import re
import signal
import statistics
import time

from latchkey_testkit.accounts import Account
from latchkey_testkit.client import Client
from latchkey_testkit.service import StateFolder, running

from figures import Figure
from sides import SESSIONS, Edge, Wrk, memory_kib

SETTINGS = {
    "BCRYPT_ROUNDS": "4",
    "RATE_LIMIT_LOGIN": "off",
    "RATE_LIMIT_REGISTER": "off",
    "WORKER_MAX_REQUESTS": "0",
}

MOST_PSS_KIB = 4096
REQUESTS_A_WORKER = 100_000
MOST_GROWTH_KIB = 64  # of what is the worker's own
IDLE_S = 30
SIGN_OF_LIFE_S = 37.5 / 2  # WORKER_TIMEOUT of 30 s and a quarter more, and twice in that time
COUNTS = (2, 4, 8, 16, 32, 64)
MOST_LOSS = 0.10


def measure(options, folder):
    state = StateFolder()
    with running(state.path, settings=SETTINGS) as service:
        edge = Edge(service, folder / "edge", {})
        client = Client(service)
        tokens = folder / "bearer"
        accounts = [Account(client) for _ in range(16)]
        tokens.write_text("".join(f"{one.session.access_token}\n" for one in accounts))
        base = f"http://127.0.0.1:{edge.port}"
        try:
            figures = _memory(service, f"{base}/users/me", tokens, options.seconds)
            figures.append(_idle(service))
            figures += _over_tls(service, edge, tokens, options)
            figures += _numbers(service, client, base, folder, options)
        finally:
            edge.close()
    state.remove()
    return figures


# --- memory ---------------------------------------------------------------------------------------


def _memory(service, url, tokens, seconds):
    workers = service.worker_pids("api")
    Wrk(url, tokens, "bearer", 1).result()  # connected, and every buffer used once
    before = {pid: memory_kib(pid, "Private_Dirty") for pid in workers}
    pss_kib = max(memory_kib(pid, "Pss") for pid in workers)
    count = 0
    while count < REQUESTS_A_WORKER * len(workers):
        count += Wrk(url, tokens, "bearer", max(seconds, 5)).result()["count"]
    growth_kib = max(memory_kib(pid, "Private_Dirty") - before[pid] for pid in workers)
    pss_after_kib = max(memory_kib(pid, "Pss") for pid in workers)
    return [
        Figure(
            "memory of a worker (PSS)", f"≤ {MOST_PSS_KIB // 1024} MB", f"{pss_kib / 1024:.1f} MB",
            pss_kib <= MOST_PSS_KIB, f"{max(before.values()) / 1024:.1f} MB are its own",
        ),
        Figure(
            f"the same after {count // len(workers):,} requests", "no growth",
            f"{growth_kib:+} KiB", growth_kib <= MOST_GROWTH_KIB, f"{pss_after_kib / 1024:.1f} MB",
        ),
    ]  # fmt: skip


# --- nothing to do --------------------------------------------------------------------------------


def _wakeups(pids):
    total = 0
    for pid in pids:
        text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        total += sum(int(number) for number in re.findall(r"ctxt_switches:\s+(\d+)", text))
    return total


def _idle(service):
    workers = service.worker_pids()
    pids = [service.supervisor_pid(), *workers]
    time.sleep(3)  # until the last look after a request is over
    before = _wakeups(pids)
    time.sleep(IDLE_S)
    count = _wakeups(pids) - before
    # A worker wakes to say that it lives, and the supervisor to hear it.
    allowed = 2 * len(workers) * (IDLE_S / SIGN_OF_LIFE_S + 1)
    return Figure(
        "supervisor and idle workers", "no wake-up but the watchdog's",
        f"{count / IDLE_S:.2f} a second", count <= allowed,
        f"{count} by {len(pids)} processes in {IDLE_S} s; the watchdog asks for "
        f"{2 * len(workers) / SIGN_OF_LIFE_S:.2f} a second",
    )  # fmt: skip


# --- over TLS -------------------------------------------------------------------------------------


def _over_tls(service, edge, tokens, options):
    """The same order as without: health before verify before me."""
    rates = {"health": [], "verify": [], "me": []}
    paths = {"health": "/health", "verify": "/auth/verify", "me": "/users/me"}
    for _ in range(options.rounds):
        for row, path in paths.items():
            plain, tls = (
                Wrk(f"{base}{path}", tokens, "bearer", options.seconds).result()["rate"]
                for base in (
                    f"http://127.0.0.1:{edge.port}",
                    f"https://localhost:{service.https_port}",
                )
            )
            rates[row].append((tls, plain))
    medians = {row: statistics.median(tls for tls, _ in pairs) for row, pairs in rates.items()}
    ratios = {row: statistics.median(t / p for t, p in pairs) for row, pairs in rates.items()}
    behind = ", ".join(f"`{paths[row]}` {ratios[row]:.2f}" for row in rates)
    order = sorted(medians, key=medians.get, reverse=True)
    yield Figure(
        "over TLS, clients kept alive", "the same order", " > ".join(order),
        order == list(paths), f"of the rate without TLS: {behind}",
    )  # fmt: skip


# --- their number ---------------------------------------------------------------------------------


def _numbers(service, client, base, tokens, options):
    paths = {"/users/me": "bearer", "/auth/refresh": "refresh"}
    rates = {path: {count: [] for count in COUNTS} for path in paths}
    for number in range(options.rounds):
        for count in COUNTS if number % 2 == 0 else COUNTS[::-1]:
            _set_workers(service, count)
            for path, kind in paths.items():
                for seconds in (1, options.seconds):  # connected at first
                    if kind == "refresh":
                        _renew(client, tokens / kind)
                    result = Wrk(f"{base}{path}", tokens / kind, kind, seconds).result()
                rates[path][count].append(result["rate"])
    for path, found in rates.items():
        medians = [statistics.median(each) for each in found.values()]
        steps = [after / before for before, after in zip(medians, medians[1:])]
        behind = ", ".join(f"{count}: {rate:,.0f}" for count, rate in zip(COUNTS, medians))
        yield Figure(
            f"2 to 64 workers, `{path}`", "no step loses more than a tenth", f"{min(steps):.2f}",
            min(steps) >= 1 - MOST_LOSS, f"a second: {behind}",
        )  # fmt: skip


def _renew(client, file):
    """A refresh token is good once; more than connections, so that none is presented twice at once."""
    tokens = (Account(client).session.refresh_token for _ in range(SESSIONS))
    file.write_text("".join(f"{token}\n" for token in tokens), encoding="ascii")


def _set_workers(service, count):
    while (now := len(service.worker_pids("api"))) != count:
        more = now < count
        os.kill(service.supervisor_pid(), signal.SIGTTIN if more else signal.SIGTTOU)
        service.wait_for_workers("api", now + (1 if more else -1))
