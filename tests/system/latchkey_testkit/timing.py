# SPDX-License-Identifier: Apache-2.0
"""Do two kinds of request take the same time?

Kinds are sampled in rounds, each once a round and in random order, so that whatever else slows the machine down
slows all of them. A kind is compared with the reference by the ratio of their medians. How far that can be trusted is
asked of the samples themselves (bootstrap over the rounds), and rounds go on until it is known well enough.

A machine that does much else at the same time never tells: the medians of what a client waits are then known to some
hundredths only. In that case the processor time that the workers spent on each request is compared, which no waiting
blurs.
"""

import contextlib
import os
import random
import statistics
import time

BOUND = 0.03
# Known well enough: within so much, nineteen times of twenty.
ENOUGH = 0.012
RESAMPLES = 200
ROUNDS_BETWEEN_LOOKS = 25


class Ratio:
    """Of a kind's median to that of the reference, and where it lies for certain."""

    def __init__(self, kind, reference, measure):
        self.measure = measure
        self.value = statistics.median(kind) / statistics.median(reference)
        generator = random.Random(len(kind))
        resampled = []
        for _ in range(RESAMPLES):
            drawn = generator.choices(range(len(kind)), k=len(kind))
            medians = [statistics.median([times[i] for i in drawn]) for times in (kind, reference)]
            resampled.append(medians[0] / medians[1])
        resampled.sort()
        self.low, self.high = resampled[RESAMPLES // 40], resampled[-RESAMPLES // 40]

    def __repr__(self):
        return f"{self.value:.4f} ({self.low:.4f} to {self.high:.4f}, {self.measure})"

    @property
    def is_known(self):
        return self.high - self.low < 2 * ENOUGH

    @property
    def is_one(self):
        """Within the bound, for certain enough to say so."""
        return self.is_known and abs(self.value - 1) <= BOUND

    @property
    def is_more(self):
        return self.value > 1 + BOUND and self.low > 1


class Samples:
    def __init__(self):
        self.waited = []
        self.worked = []

    def ratio_to(self, reference):
        ratio = Ratio(self.waited, reference.waited, "waited")
        return ratio if ratio.is_known else Ratio(self.worked, reference.worked, "worked")


def worked_ns(pids):
    """The processor time of some processes, which wait now."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total


@contextlib.contextmanager
def preferred(pids):
    """Lets these processes, and the test itself, go before whatever else the machine does, if it may."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with contextlib.suppress(PermissionError):
        for pid in (0, *pids):
            os.setpriority(os.PRIO_PROCESS, pid, -10)
    yield
    os.setpriority(os.PRIO_PROCESS, 0, before)


def compare(kinds, reference, pids, least_rounds, most_rounds):
    """{name: Ratio} of every kind but the reference. `kinds` is {name: function of the number of the round}, of which
    each call is a sample; `pids` are the workers."""
    samples = {name: Samples() for name in kinds}
    names = list(kinds)
    ratios = {}
    for number in range(most_rounds):
        random.shuffle(names)
        for name in names:
            worked, begun = worked_ns(pids), time.perf_counter_ns()
            kinds[name](number)
            samples[name].waited.append(time.perf_counter_ns() - begun)
            samples[name].worked.append(worked_ns(pids) - worked)
        done = number + 1
        if done == most_rounds or (done >= least_rounds and done % ROUNDS_BETWEEN_LOOKS == 0):
            ratios = {name: samples[name].ratio_to(samples[reference]) for name in kinds if name != reference}
            if all(ratio.is_known and ratio.measure == "waited" for ratio in ratios.values()):
                break
    return ratios
