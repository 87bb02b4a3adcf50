# SPDX-License-Identifier: Apache-2.0
"""The processes of one copy of the service, read from /proc."""

import os
from pathlib import Path

from .waiting import wait_until


def command_line(pid):
    try:
        text = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
        return [word for word in text.split("\0") if word]
    except OSError:
        return []


def _stat_fields(pid):
    """The fields after the command name, which may itself hold spaces: [0] state, [1] parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def is_running(pid):
    fields = _stat_fields(pid)
    return fields is not None and fields[0] not in ("Z", "X")


def children(pid):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            fields = _stat_fields(entry)
            if fields and fields[0] not in ("Z", "X") and int(fields[1]) == pid:
                found.append(int(entry))
    return sorted(found)


def cpu_ticks(pid):
    fields = _stat_fields(pid)
    return int(fields[11]) + int(fields[12]) if fields else 0


def wait_until_gone(pids, what, timeout_s=15.0):
    wait_until(lambda: not any(is_running(pid) for pid in pids), f"the end of {what}", timeout_s)


def wait_until_stopped(pids):
    """After SIGSTOP, which takes effect a moment later."""
    wait_until(
        lambda: all((_stat_fields(pid) or "T")[0] in ("T", "t") for pid in pids),
        f"processes {pids} to be stopped",
    )
