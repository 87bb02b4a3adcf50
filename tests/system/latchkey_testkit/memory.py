# SPDX-License-Identifier: Apache-2.0
"""What root sees of a process in /proc: its environment, its state, and all of its memory."""

from pathlib import Path


def environment(pid):
    return Path(f"/proc/{pid}/environ").read_bytes()


def status(pid):
    """The lines of /proc/PID/status, by name."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def limit(pid, name):
    for line in Path(f"/proc/{pid}/limits").read_text().splitlines():
        if line.startswith(name):
            return line[len(name):].split()[:2]
    raise AssertionError(f"no limit {name}")


def places_of(pid, needle):
    """The mappings that a process can write to and that hold the bytes."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            addresses, rights, *_, name = line.split(maxsplit=5) + [""]
            if "w" not in rights:
                continue
            begin, end = (int(number, 16) for number in addresses.split("-"))
            memory.seek(begin)
            try:
                content = memory.read(end - begin)
            except OSError:  # the kernel's own
                continue
            at = content.find(needle)
            while at >= 0:
                found.append(f"{name or 'unnamed'}+{at:#x}")
                at = content.find(needle, at + 1)
    return found
