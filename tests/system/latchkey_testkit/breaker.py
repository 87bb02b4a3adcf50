# SPDX-License-Identifier: Apache-2.0
"""The circuit breaker as an operator sees it: lines of the log, and the shared segment.

The segment's layout is frozen by worker/shm/layout.h: sections are only ever added at its end.
"""

import collections
import struct
from dataclasses import dataclass

STATES = ("closed", "open", "half_open")

# Offsets of layout.h: the word; opened, half_opened, closed, reset, probes_lost, refused.
WORD_AT = 64
COUNTERS_AT = 128
COUNTERS = ("opened", "half_opened", "closed", "reset", "probes_lost", "refused")


@dataclass(frozen=True)
class Change:
    before: str
    after: str
    worker: str
    timestamp: str


def changes(service, offset=0):
    """The transitions that the workers logged, in the order of the log."""
    _, lines = service.logs.worker_lines(offset)
    return [
        Change(line["state_before"], line["state"], line["worker"], line["timestamp"])
        for line in lines
        if line["logger"] == "latchkey.breaker"
    ]


class Segment:
    """What stands in the shared segment at the moment of the look."""

    def __init__(self, service):
        [path] = (service.state_dir / "run").glob("shared-v*")
        data = path.read_bytes()
        [word] = struct.unpack_from("<Q", data, WORD_AT)
        self.state = STATES[word >> 62]
        self.count = (word >> 32) & 0x3FF  # failures when closed, probes when half open
        values = struct.unpack_from(f"<{len(COUNTERS)}Q", data, COUNTERS_AT)
        self.counters = dict(zip(COUNTERS, values))

    def since(self, earlier):
        return {name: self.counters[name] - earlier.counters[name] for name in COUNTERS}


def check_chain(chain):
    """Each transition once: every line begins where the one before ended, from closed to closed."""
    assert chain, "no transition was logged"
    states = ["closed"]
    for change in chain:
        assert change.before == states[-1], f"{change} after {states}"
        states.append(change.after)
    assert states[-1] == "closed", chain
    steps = set(zip(states, states[1:]))
    assert steps <= {
        ("closed", "open"),
        ("open", "half_open"),
        ("half_open", "open"),
        ("half_open", "half_open"),
        ("half_open", "closed"),
    }, chain


def check_log_against_segment(chain, counted):
    """No transition without its line, none with two: the segment counts them by itself."""
    logged = collections.Counter(change.after for change in chain)
    lost = sum(1 for change in chain if change.before == change.after)
    assert logged["open"] == counted["opened"], (chain, counted)
    assert logged["half_open"] - lost == counted["half_opened"], (chain, counted)
    assert logged["closed"] == counted["closed"] + counted["reset"], (chain, counted)
    assert lost == counted["probes_lost"], (chain, counted)
