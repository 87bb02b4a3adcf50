# SPDX-License-Identifier: Apache-2.0
"""What root sees of a process in /proc: its environment, its state, and all of its memory."""

from pathlib import Path

# No mapping of the program's own is as large: only the shadow of AddressSanitizer is, terabytes that
# hold marks and nobody's bytes.
SHADOW_BYTES = 1 << 36
PIECE_BYTES = 1 << 26


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
            if end - begin > SHADOW_BYTES:
                continue
            try:
                places = _places_between(memory, begin, end, needle)
            except OSError:  # the kernel's own
                continue
            found += [f"{name or 'unnamed'}+{at - begin:#x}" for at in places]
    return found


def _places_between(memory, begin, end, needle):
    """The addresses, by pieces that overlap, so that a needle across two of them is found."""
    found = []
    for start in range(begin, end, PIECE_BYTES):
        memory.seek(start)
        content = memory.read(min(end - start, PIECE_BYTES + len(needle) - 1))
        at = content.find(needle)
        while at >= 0:
            found.append(start + at)
            at = content.find(needle, at + 1)
    return found
