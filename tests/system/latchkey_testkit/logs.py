# SPDX-License-Identifier: Apache-2.0
"""The logs of one copy of the service: read, judged line by line, searched for secrets."""

import json
import re
import subprocess
import tempfile
from pathlib import Path

from . import problem, secrecy
from .waiting import wait_until

WORKER = "worker.log"
ACCESS = "nginx-access.log"
ERROR = "nginx-error.log"
DATABASE = "postgresql.log"
STANDBY = "standby.log"
POOLER = "pgbouncer.log"
ALL = (WORKER, ACCESS, ERROR, DATABASE, STANDBY, POOLER)

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SEVERE = ("ERROR", "CRITICAL")

LINE_MEMBERS = {"timestamp", "level", "logger", "message"}
REQUEST_MEMBERS = {
    "request_id",
    "method",
    "path",
    "route",
    "status_code",
    "duration_ms",
    "client_ip",
    "worker",
}


class Logs:
    def __init__(self, folder):
        self.folder = Path(folder)

    def size(self, name):
        try:
            return (self.folder / name).stat().st_size
        except FileNotFoundError:
            return 0

    def whole_lines(self, name, offset=0):
        """(offset after the last whole line, lines): a line being written stays for later."""
        try:
            with open(self.folder / name, "rb") as log:
                log.seek(offset)
                data = log.read()
        except FileNotFoundError:
            return offset, []
        # Not splitlines(), which also ends a line at U+0085 or U+2028.
        *lines, rest = data.decode("utf-8", "surrogateescape").split("\n")
        return offset + len(data) - len(rest.encode("utf-8", "surrogateescape")), lines

    def worker_lines(self, offset=0):
        end, lines = self.whole_lines(WORKER, offset)
        return end, [parse_worker_line(line) for line in lines]

    def request_lines(self, request_id, offset=0):
        _, lines = self.whole_lines(WORKER, offset)
        entries = [parse_worker_line(line) for line in lines if request_id in line]
        return [entry for entry in entries if "status_code" in entry]

    def wait_for_request(self, request_id, offset=0):
        """The worker's line of a finished request; it may come a moment after the answer."""
        lines = wait_until(
            lambda: self.request_lines(request_id, offset), f"worker log of {request_id}", 5
        )
        assert len(lines) == 1, lines
        return lines[0]

    def wait_for_access(self, request_id, offset=0):
        def find():
            _, lines = self.whole_lines(ACCESS, offset)
            return [json.loads(line) for line in lines if request_id in line]

        lines = wait_until(find, f"nginx access log of {request_id}", 5)
        assert len(lines) == 1, lines
        return lines[0]

    def leaked_secrets(self):
        """Every known secret that is in a log, with the log's name; empty when all is well."""
        with tempfile.TemporaryDirectory() as scratch:
            patterns = Path(scratch) / "secrets"
            patterns.write_text("\n".join(secrecy.known()) + "\n", errors="surrogatepass")
            return [leak for name in ALL for leak in self._leaks_of(name, patterns, Path(scratch))]

    def _leaks_of(self, name, patterns, scratch):
        _, lines = self.whole_lines(name)
        text = scratch / name
        with open(text, "w", encoding="utf-8", errors="surrogatepass") as searched:
            for line in lines:
                searched.write(line + "\n" + _unescaped(line))
        found = subprocess.run(
            ["grep", "-a", "-o", "-F", "-f", str(patterns), str(text)],
            stdout=subprocess.PIPE,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
            check=False,
        )
        assert found.returncode in (0, 1), "grep could not search the logs"
        secrets = {line.decode("utf-8", "replace") for line in found.stdout.splitlines()}
        return [f"{name}: {secret}" for secret in sorted(secrets)]


def _unescaped(line):
    """The strings of a JSON line without their escapes, so that a search sees what was written."""
    if "\\" not in line:
        return ""
    try:
        members = json.loads(line)
    except ValueError:
        return ""
    return "".join(f"{value}\n" for value in members.values()) if isinstance(members, dict) else ""


def parse_worker_line(line):
    """One line is one JSON object with the documented members, or the test fails."""
    try:
        line.encode("utf-8")
        entry = json.loads(line, object_pairs_hook=_without_duplicates)
    except ValueError as error:
        raise AssertionError(f"worker log line is no JSON in UTF-8 ({error}): {line!r}") from error
    assert isinstance(entry, dict), f"worker log line is not an object: {line!r}"
    assert LINE_MEMBERS <= entry.keys(), f"missing {LINE_MEMBERS - entry.keys()}: {line}"
    assert entry["level"] in LEVELS, line
    assert problem.TIMESTAMP.fullmatch(str(entry["timestamp"])), line
    if "status_code" in entry:
        assert REQUEST_MEMBERS <= entry.keys(), f"missing {REQUEST_MEMBERS - entry.keys()}: {line}"
        assert type(entry["status_code"]) is int, line
        for name in ("duration_ms", "db_ms", "hash_ms"):
            value = entry.get(name, 0)
            assert isinstance(value, (int, float)) and value >= 0, line
    return entry


def _without_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member appears twice")
    return members


class SevereLines:
    """What the workers log at ERROR or above, each line once, after those that `skip_old` skips."""

    def __init__(self, logs):
        self._logs = logs
        self._offset = 0

    def skip_old(self):
        self._offset = self._logs.size(WORKER)

    def read(self):
        if self._logs.size(WORKER) < self._offset:  # the log was begun anew
            self._offset = 0
        self._offset, lines = self._logs.whole_lines(WORKER, self._offset)
        entries = [parse_worker_line(line) for line in lines]
        return [entry for entry in entries if entry["level"] in SEVERE]


class Announced:
    """The errors a test says it will cause: a pattern for each, searched in the whole line."""

    def __init__(self):
        self._patterns = []

    def __call__(self, pattern, required=True):
        """Call it before the fault. `required=False`: the line may come, and need not."""
        self._patterns.append((re.compile(pattern), required))

    def covers(self, entry):
        line = json.dumps(entry)
        return any(pattern.search(line) for pattern, _ in self._patterns)

    def missing(self, entries):
        lines = [json.dumps(entry) for entry in entries]
        return [
            pattern.pattern
            for pattern, required in self._patterns
            if required and not any(pattern.search(line) for line in lines)
        ]
