# SPDX-License-Identifier: Apache-2.0
"""Logins and registrations a second, with all cores hashing, beside crypt(3) alone."""

import os
import statistics
import subprocess
import time

from latchkey_testkit.accounts import Account
from latchkey_testkit.client import Client
from latchkey_testkit.service import StateFolder, running

from figures import Figure
from guests import Guests, logs_in, registers
from sides import HERE, Edge

GOAL = 0.97
COST = 12
CORES = os.cpu_count()
# Enough that the next one always waits.
GUESTS = 4 * CORES
# A hash is a quarter of a second: so long until a hundredth can be seen.
FACTOR = 6

SETTINGS = {
    "BCRYPT_ROUNDS": str(COST),
    "RATE_LIMIT_LOGIN": "off",
    "RATE_LIMIT_REGISTER": "off",
    "HASH_QUEUE_LOGIN": "1000",
    "HASH_QUEUE_REGISTER": "1000",
    "LOGIN_THROTTLE_FREE": "1000",
}


def measure(options, folder):
    binary = folder / "crypt_floor"
    subprocess.run(
        ["cc", "-O2", "-Wall", "-Wextra", "-o", str(binary), str(HERE / "crypt_floor.c"), "-lcrypt"],
        check=True,
    )
    seconds = options.seconds * FACTOR
    state = StateFolder()
    with running(state.path, settings=SETTINGS, hash_workers=CORES) as service:
        edge = Edge(service, folder / "edge", {})
        bodies = {"/auth/login": logs_in(Account(Client(service))), "/auth/register": registers()}
        try:
            found = {path: [] for path in bodies}
            for number in range(options.rounds):
                for path in bodies if number % 2 else reversed(bodies):
                    alone = _crypt_alone(binary, seconds)
                    found[path].append((_ours(edge.port, path, bodies[path], seconds), alone))
        finally:
            edge.close()
    state.remove()
    return [_figure(path, pairs) for path, pairs in found.items()]


def _crypt_alone(binary, seconds):
    words = [str(binary), str(CORES), str(seconds), str(COST)]
    count, took_s = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    return int(count) / float(took_s)


def _ours(port, path, body, seconds):
    with Guests(port, path, body, GUESTS) as guests:
        time.sleep(1)
        return guests.rate(seconds)


def _figure(path, pairs):
    ratio = statistics.median(ours / alone for ours, alone in pairs)
    ours, alone = (statistics.median(side) for side in zip(*pairs))
    behind = f"{ours:.2f} hashes a second of cost {COST} on {CORES} cores, crypt(3) {alone:.2f}"
    return Figure(f"`{path}`", f"≥ {GOAL:.2f} of crypt(3)", f"{ratio:.3f}", ratio >= GOAL, behind)
