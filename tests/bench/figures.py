# SPDX-License-Identifier: Apache-2.0
"""What a benchmark found, as rows and as the page docs/performance.md."""

import datetime
import os
import pathlib
import platform
import statistics
import subprocess
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]

INTRODUCTION = """# Performance

Written by `make bench`. Every figure is a ratio taken in one run on one machine: what is compared runs by turns (A, B, A, B, ...),
and the median of the ratios is told, so that a noisy machine is as noisy for both. Absolute numbers say something about
the machine that they were taken on and little about yours; run it there.
"""


@dataclass(frozen=True)
class Figure:
    what: str
    goal: str
    measured: str
    is_met: bool
    limit: str  # what limits it, or the figures behind it


def median_of(results, key):
    return statistics.median(result[key] for result in results)


def median_ratio(ones, others, key):
    return statistics.median(one[key] / other[key] for one, other in zip(ones, others))


def row(figure):
    mark = figure.measured if figure.is_met else f"{figure.measured} (missed)"
    return f"| {figure.what} | {figure.goal} | **{mark}** | {figure.limit} |"


def table(figures):
    head = ["| what | goal | measured | behind it |", "| --- | --- | --- | --- |"]
    return "\n".join(head + [row(figure) for figure in figures])


def machine():
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{os.cpu_count()} cores of {model}, Linux {platform.release().split('-')[0]}"


def commit():
    asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def write_page(sections, path):
    """`sections` are pairs: a heading, and its text."""
    day = datetime.datetime.now(datetime.UTC).date()
    text = f"{INTRODUCTION}\nThis run: {day}, commit {commit()}, {machine()}.\n"
    for heading, body in sections:
        text += f"\n## {heading}\n\n{body}\n"
    limits = (ROOT / "tests/bench/limits.md").read_text(encoding="utf-8")
    text += f"\n## What limits it\n\n{limits}"
    path.write_text(text, encoding="utf-8")
