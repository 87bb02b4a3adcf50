# SPDX-License-Identifier: Apache-2.0
"""Other requests while many log in, and the logins while there are other requests.

A round is: quiet (readers and refreshers only), flooded (both), flood alone."""

import os
import statistics
import time

from latchkey_testkit.accounts import Account
from latchkey_testkit.client import Client
from latchkey_testkit.service import StateFolder, running

from figures import Figure
from guests import Guests, logs_in
from sides import ROWS, Edge, Wrk

HASH_WORKERS = os.cpu_count()
FLOODS = (16, 64)
FACTOR = 5  # a hash is long

CONNECTIONS = 4
PAUSE_MS = 150  # some 25 requests a second of each row: what these take of the processors, logins cannot have

MOST_TIMES = 3
MOST_MORE_US = 10_000
LOGINS_KEEP = 0.95
REFUSED_WITHIN_S = 0.05
LONGEST_WAIT_S = 2 + 0.5  # a queue of 16 on the slowest machine, and a hash

SETTINGS = {
    "BCRYPT_ROUNDS": "12",
    "RATE_LIMIT_LOGIN": "off",
    "RATE_LIMIT_REGISTER": "off",
    "LOGIN_THROTTLE_FREE": "1000",
    "HASH_QUEUE_LOGIN": "16",
}


def measure(options, folder):
    state = StateFolder()
    figures = []
    with running(state.path, settings=SETTINGS, hash_workers=HASH_WORKERS) as service:
        edge = Edge(service, folder / "edge", {})
        client = Client(service)
        accounts = [Account(client) for _ in range(2 * CONNECTIONS + 1)]
        try:
            for size in FLOODS:
                figures += _flood(size, edge, accounts, folder, options)
        finally:
            edge.close()
    state.remove()
    return figures


def _flood(size, edge, accounts, folder, options):
    seconds = options.seconds * FACTOR
    body = logs_in(accounts[-1])
    quiet, flooded, rates, answers = [], [], [], []
    for number in range(options.rounds):
        tokens = [_tokens(accounts, folder / f"{size}-{number}-{which}") for which in "ab"]
        quiet.append(_others(edge, tokens[0], seconds))
        with Guests(edge.port, "/auth/login", body, size) as guests:
            time.sleep(1)
            alone = guests.rate(seconds)
            since_s = time.monotonic()
            flooded.append(_others(edge, tokens[1], seconds))
            until_s = time.monotonic()
            during = guests.answers(since_s, until_s)
        answers += during
        beside = sum(status == 200 for status, _ in during) / (until_s - since_s)
        rates.append((beside, alone))
    return [
        *(_tail(size, row, quiet, flooded) for row in ("me", "refresh")),
        _logins(size, rates),
        *_waits(size, answers),
    ]


def _tokens(accounts, folder):
    """A file for each row, named after it, with sessions that nobody has used."""
    folder.mkdir()
    readers = [account.session.access_token for account in accounts[:CONNECTIONS]]
    # More than connections: wrk takes one for itself, to look at it.
    refreshers = [account.new_session().refresh_token for account in accounts[CONNECTIONS:]]
    for row, tokens in (("me", readers), ("refresh", refreshers)):
        (folder / row).write_text("".join(f"{token}\n" for token in tokens), encoding="ascii")
    return folder


def _others(edge, tokens, seconds):
    """p99 in microseconds, by row."""
    loads = {
        row: Wrk(
            f"http://127.0.0.1:{edge.port}{ROWS[row][0]}", tokens / row, ROWS[row][1], seconds,
            connections=CONNECTIONS, pause_ms=PAUSE_MS,
        )
        for row in ("me", "refresh")
    }  # fmt: skip
    return {row: load.result()["p99_us"] for row, load in loads.items()}


def _tail(size, row, quiet, flooded):
    pairs = [(one[row], other[row]) for one, other in zip(flooded, quiet)]
    times = statistics.median(one / other for one, other in pairs)
    more_us = statistics.median(one - other for one, other in pairs)
    behind = (
        f"p99 {statistics.median(one for one, _ in pairs) / 1000:.2f} ms, "
        f"{statistics.median(other for _, other in pairs) / 1000:.2f} ms when quiet"
    )
    is_met = times <= MOST_TIMES and more_us <= MOST_MORE_US
    what = f"`{ROWS[row][0]}` while {size} log in"
    return Figure(what, f"≤ {MOST_TIMES} times the quiet p99", f"{times:.1f}", is_met, behind)


def _logins(size, rates):
    ratio = sum(beside for beside, _ in rates) / sum(alone for _, alone in rates)
    behind = f"{statistics.median(alone for _, alone in rates):.2f} a second alone"
    what = f"logins, {size} in flight, beside other requests"
    return Figure(what, f"≥ {LOGINS_KEEP} of alone", f"{ratio:.3f}", ratio >= LOGINS_KEEP, behind)


def _waits(size, answers):
    refused = [elapsed_s for status, elapsed_s in answers if status != 200]
    waits = [elapsed_s for status, elapsed_s in answers if status == 200]
    yield Figure(
        f"login let in, {size} in flight", f"≤ {LONGEST_WAIT_S} s", f"{max(waits):.2f} s",
        max(waits) <= LONGEST_WAIT_S, f"median {statistics.median(waits):.2f} s",
    )  # fmt: skip
    if refused:
        slow_s = statistics.quantiles(refused, n=100)[98]
        yield Figure(
            f"login refused, {size} in flight", f"p99 ≤ {REFUSED_WITHIN_S * 1000:.0f} ms",
            f"{slow_s * 1000:.1f} ms", slow_s <= REFUSED_WITHIN_S,
            f"{len(refused)} refused, as seen by the client, which yields to all others",
        )  # fmt: skip
