# SPDX-License-Identifier: Apache-2.0
"""Waiting for events with a bound, and doing things at the same moment."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

POLL_S = 0.02


class WaitedInVain(AssertionError):
    """The bound is over and the event has not come."""


def wait_until(condition, what, timeout_s=10.0):
    """Returns the first true value of `condition()`; fails with `what` when the bound is over."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise WaitedInVain(f"waited {timeout_s} s in vain for: {what}")
        time.sleep(POLL_S)


def at_once(count, call):
    """Runs `call(index)` in `count` threads that start together; returns the results in order."""
    start = threading.Barrier(count)

    def run(index):
        start.wait(timeout=30)
        return call(index)

    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(run, range(count)))
