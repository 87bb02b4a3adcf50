# SPDX-License-Identifier: Apache-2.0
"""The table of rooms as a program: who may include whom, and which library belongs to which room.

`violations(worker)` reads every #include below the folder and every room's CMakeLists.txt and gives one sentence per
fault that says where it is and what to write instead. docs/architecture.md has the same table for people.
"""

import re
from dataclasses import dataclass

# Higher rooms include lower ones; rooms on one level do not include each other.
LEVELS = {
    "base": 0,
    "crypto": 1, "shm": 1,
    "db": 2, "http": 2, "process": 2,
    "service": 3,
    "api": 4,
    "config": 5,
    "cli": 6,
}

MAIN_MAY_INCLUDE = ("cli", "config", "base")


@dataclass(frozen=True)
class Owner:
    """Headers that only some rooms may include, and how the others get at what they do."""

    pattern: str
    rooms: tuple
    instead: str

    def owns(self, header):
        return re.fullmatch(self.pattern, header) is not None


# The first row that fits decides.
HEADER_OWNERS = (
    Owner(r"nlohmann/.*", ("base",), 'read with "base/json_reader.h", write with "base/json_writer.h"'),
    Owner(r"openssl/.*|(crypt|argon2|zxcvbn)\.h", ("crypto",), "call crypto/, or base/ for randomness"),
    Owner(r"sys/mman\.h", ("shm", "crypto"), 'use "shm/segment.h"'),
    Owner(r"libpq.*", ("db",), 'call a function of db/, as "db/database.h" has them'),
    Owner(r"fcgi.*\.h", ("http",), "take a Request and give a Response of http/"),
    Owner(r"csignal|signal\.h", ("process",), "let process/ take the signal"),
    Owner(r"termios\.h", ("cli",), "let cli/ ask on the terminal"),
    Owner(r"sys/(wait|signalfd|syscall)\.h|(spawn|sched)\.h|seccomp\.h", ("process",), "ask process/ for it"),
    Owner(r"thread|mutex|shared_mutex|condition_variable|future|stop_token|pthread\.h", (),
          "do without: a worker has one thread, and more workers are the way to more of them"),
)

# Headers of the language and of the system that any room may include.
FREE_HEADERS = re.compile(
    r"[a-z_]+"  # of C++
    r"|(unistd|fcntl|poll|endian|strings|sysexits|dirent|pwd|grp|time|errno)\.h"
    r"|sys/(socket|stat|time|types|un|uio|random|resource|file|prctl|epoll|eventfd|timerfd|sysmacros)\.h"
    r"|netinet/(in|tcp)\.h|arpa/inet\.h|linux/[a-z_]+\.h"
)

# Headers that are free declare these too.
CALL_OWNERS = (
    Owner(r"v?fork|exec[lv]p?e?|execvpe|fexecve|wait(pid|id)", ("process",), "ask process/ for it"),
    Owner(r"setitimer|alarm|timer_create|sigaction", ("process",), "let process/ take the signal; wait with a deadline"),
)
CALLS = re.compile(r"(?<![\w.>:])(?:::)?\b([a-z_]+)\s*\(")

LIBRARY_OWNERS = (
    Owner(r"nlohmann_json::nlohmann_json", ("base",), "link nothing; base/ has JSON"),
    Owner(r"OpenSSL::\w+|\$\{(CRYPT|ZXCVBN)_LIBRARY\}|PkgConfig::ARGON2", ("crypto",), "link nothing; call crypto/"),
    Owner(r"PkgConfig::PQ", ("db",), "link nothing; call db/"),
    Owner(r"\$\{FCGI_LIBRARY\}", ("http",), "link nothing; http/ speaks FastCGI"),
    Owner(r"PkgConfig::SECCOMP", ("process",), "link nothing; process/ speaks to the kernel"),
)


def owner_of(name, owners):
    return next((owner for owner in owners if owner.owns(name)), None)


def may_include(room, other):
    return other == room or LEVELS[other] < LEVELS[room]


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)


def include_fault(room, quote, header):
    """What is wrong with one #include, or None."""
    if quote == '"':
        other, slash, _ = header.partition("/")
        if not slash or other not in LEVELS:
            return f'#include "{header}" names no room: write the path from worker/, as "base/error.h"'
        if not may_include(room, other):
            below = ", ".join(f"{name}/" for name in LEVELS if LEVELS[name] < LEVELS[room]) or "no room"
            return (f"{room}/ (level {LEVELS[room]}) must not include {other}/ (level {LEVELS[other]}): it may include "
                    f"{below}. Let the caller pass in what is needed, or move it to a lower room")
        return None
    owner = owner_of(header, HEADER_OWNERS)
    if owner is not None:
        if room in owner.rooms:
            return None
        rooms = " and ".join(f"{name}/" for name in owner.rooms) or "nobody"
        return f"<{header}> is for {rooms}: {owner.instead}"
    if FREE_HEADERS.fullmatch(header):
        return None
    return f"<{header}> belongs to no room yet: give it a row in HEADER_OWNERS of tests/tidy/layers.py"


def source_faults(worker, path):
    room = path.relative_to(worker).parts[0]
    text = without_comments(path.read_text(encoding="utf-8"))
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{path.relative_to(worker.parent)}:{number}"
        include = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if include:
            fault = include_fault(room, *include.groups())
            if fault:
                yield f"{where}: {fault}"
            continue
        for name in CALLS.findall(line):
            owner = owner_of(name, CALL_OWNERS)
            if owner is not None and room not in owner.rooms:
                yield f"{where}: {name}() is for {' and '.join(r + '/' for r in owner.rooms)}: {owner.instead}"


def included_rooms(folder):
    rooms = set()
    for path in folder.rglob("*"):
        if path.suffix in (".h", ".cpp"):
            rooms |= set(re.findall(r'#\s*include\s*"(\w+)/', without_comments(path.read_text(encoding="utf-8"))))
    return rooms - {folder.name}


def cmake_faults(worker, room):
    path = worker / room / "CMakeLists.txt"
    where = path.relative_to(worker.parent)
    if not path.exists():
        yield f"{where} is missing: write latchkey_room({room} DEPENDS …)"
        return
    text = re.sub(r"#[^\n]*", "", path.read_text(encoding="utf-8"))
    if "target_link_libraries" in text:
        yield f"{where}: target_link_libraries() goes round this test: name rooms and libraries in latchkey_room()"
    call = re.search(r"latchkey_room\(([^)]*)\)", text)
    words = call.group(1).split() if call else []
    if not words or words[0] != room:
        yield f"{where}: write latchkey_room({room} DEPENDS …)"
        return
    depends, keyword = set(), None
    for word in words[1:]:
        if word in ("DEPENDS", "LINK", "PRIVATE_LINK"):
            keyword = word
        elif keyword == "DEPENDS":
            depends.add(word)
            if word not in LEVELS:
                yield f"{where}: {word} is no room: libraries go behind LINK or PRIVATE_LINK"
            elif word == room or not may_include(room, word):
                yield f"{where}: {room} must not depend on {word}: only on rooms of a lower level"
        else:
            owner = owner_of(word, LIBRARY_OWNERS)
            if owner is None:
                yield f"{where}: {word} belongs to no room yet: give it a row in LIBRARY_OWNERS of tests/tidy/layers.py"
            elif room not in owner.rooms:
                yield f"{where}: {word} is for {' and '.join(r + '/' for r in owner.rooms)}: {owner.instead}"
    for other in sorted(included_rooms(worker / room) - depends):
        yield f"{where}: {room} includes {other}/ and does not say so: add {other} to DEPENDS"


def violations(worker):
    """Every fault below worker/, as sentences."""
    faults = []
    for folder in sorted(path for path in worker.iterdir() if path.is_dir()):
        if folder.name not in LEVELS:
            faults.append(f"worker/{folder.name}/ is no room: {', '.join(LEVELS)} are, see LEVELS in tests/tidy/layers.py")
            continue
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".h", ".cpp"):
                faults += source_faults(worker, path)
        faults += cmake_faults(worker, folder.name)
    for path in sorted(worker.glob("*.cpp")):
        for header in re.findall(r'#\s*include\s*"([^"]+)"', path.read_text(encoding="utf-8")):
            if header.split("/")[0] not in MAIN_MAY_INCLUDE:
                faults.append(f'worker/{path.name}: #include "{header}": main is a table of subcommands and includes '
                              f"{', '.join(MAIN_MAY_INCLUDE)} only; do the rest in cli/")
    return faults
