# SPDX-License-Identifier: Apache-2.0
"""Latchkey beside something else, such as the floor (floor.c): each behind nginx processes of its own,
with the same number of processes, on the same PostgreSQL, asked by the same wrk in turns."""

import contextlib
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))

from latchkey_testkit import processes  # noqa: E402
from latchkey_testkit.service import free_ports  # noqa: E402

WORKERS = 2
CONNECTIONS = 32
SESSIONS = 64  # more than connections, so that no refresh token is presented twice at once

ROWS = {
    "health": ("/health", "none"),
    "verify": ("/auth/verify", "bearer"),
    "me": ("/users/me", "bearer"),
    "refresh": ("/auth/refresh", "refresh"),
}


class Nginx:
    """An nginx with a folder of its own; `render` writes the configuration there."""

    def __init__(self, folder):
        [self.port] = free_ports(1)
        self.folder = folder
        (folder / "tmp").mkdir(parents=True)
        self.render()
        self._nginx()
        self.pid = int((folder / "nginx.pid").read_text(encoding="ascii"))

    def render(self):
        raise NotImplementedError

    def _nginx(self, *words):
        subprocess.run(
            ["nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"),
             "-e", str(self.folder / "start.log"), *words],
            check=True, env={**os.environ, "TZ": "UTC"},
        )  # fmt: skip

    def close(self):
        self._nginx("-s", "quit")
        processes.wait_until_gone([self.pid], "nginx")


class Edge(Nginx):
    """An nginx with the configuration of the copy, over plain HTTP, before other sockets.

    Where it does not keep connections to workers, each request has one of its own: libfcgi's loop,
    which the floor uses, would tie a worker to the first that it gets."""

    def __init__(self, service, folder, socket_names, *, keeps_connections=True):
        self._service = service
        self._socket_names = socket_names
        self._keeps_connections = keeps_connections
        super().__init__(folder)

    def render(self):
        service, folder = self._service, self.folder
        state = str(service.state_dir)
        for source in (service.state_dir / "nginx").glob("*.conf"):
            text = source.read_text(encoding="utf-8")
            for old, new in self._socket_names.items():
                text = text.replace(f"{state}/run/{old}", str(new))
            text = text.replace(f"{state}/log", str(folder)).replace(f"{state}/nginx", str(folder))
            text = text.replace(f"{state}/run/nginx.pid", str(folder / "nginx.pid"))
            if not self._keeps_connections:
                text = re.sub(r"(?m)^ *(keepalive|fastcgi_keep_conn)\b.*\n", "", text)
            if source.name == "nginx.conf":
                text = self._in_plain_http(text)
            (folder / source.name).write_text(text, encoding="utf-8")

    def _in_plain_http(self, text):
        first, second = [match.start() for match in re.finditer(r"(?m)^    server \{", text)]
        server = re.sub(r"(?m)^\s*(listen|ssl_|include latchkey-tls).*\n", "", text[first:second])
        server = server.replace("{", f"{{\n        listen 127.0.0.1:{self.port};", 1)
        return text[:first] + server + "}\n"


class Wrk:
    """wrk at work; with `pause_ms` each connection rests so long after an answer."""

    def __init__(self, url, tokens, kind, seconds, *, connections=CONNECTIONS, pause_ms=0):
        self._what = url
        self._process = subprocess.Popen(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "5s",
             "-s", str(HERE / "requests.lua"), url, "--", str(tokens), kind, str(pause_ms)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def result(self):
        text, _ = self._process.communicate()
        found = re.search(r"RESULT (.*)", text)
        if self._process.returncode or not found:
            raise SystemExit(f"{self._what}: wrk failed\n{text}")
        count, duration_us, errors, p50_us, p99_us = map(int, found.group(1).split())
        if errors or not count:
            raise SystemExit(f"{self._what}: {errors} of {count} requests failed\n{text}")
        return {
            "count": count,
            "rate": count / duration_us * 1e6,
            "p50_us": p50_us,
            "p99_us": p99_us,
        }


class Contender:
    """One of those that are compared: where it is asked, and whose time its requests take."""

    def __init__(self, name, edge, application, service, open_session):
        """`application` gives process ids; `open_session` makes a session with its two tokens."""
        self.name = name
        self.edge = edge
        self.application = application
        self._service = service  # whose PostgreSQL all use, in turns
        self._open_session = open_session
        # Refresh tokens are used up and replaced, so each has its own.
        self._tokens = {kind: edge.folder / f"{kind}.tokens" for kind in ("access", "refresh")}
        self._write_tokens("access")

    def run(self, row, seconds):
        path, kind = ROWS[row]
        if kind == "refresh":
            self._write_tokens("refresh")  # a run uses the tokens of its file up
        tokens = self._tokens["refresh" if kind == "refresh" else "access"]
        before = self._cpu_ns()
        load = Wrk(f"http://127.0.0.1:{self.edge.port}{path}", tokens, kind, seconds)
        result = load.result()
        after = self._cpu_ns()
        for index, process in enumerate(("application_us", "nginx_us", "database_us")):
            result[process] = (after[index] - before[index]) / result["count"] / 1000
        return result

    def _write_tokens(self, kind):
        tokens = (getattr(self._open_session(), f"{kind}_token") for _ in range(SESSIONS))
        self._tokens[kind].write_text("".join(f"{each}\n" for each in tokens), encoding="ascii")

    def _cpu_ns(self):
        database = processes.children(self._service.postmaster_pid())
        groups = (self.application(), processes.children(self.edge.pid), database)
        return [sum(_run_time_ns(pid) for pid in group) for group in groups]


def _run_time_ns(pid):
    """Of all threads. One that ends meanwhile is not counted."""
    total = 0
    for thread in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += int(thread.read_text(encoding="ascii").split()[0])
    return total


def memory_kib(pid, *names):
    """The sum of these lines of /proc/PID/smaps_rollup."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return sum(int(re.search(rf"(?m)^{name}:\s+(\d+)", text).group(1)) for name in names)


def by_turns(row, contenders, options):
    """What each found in each round, by name."""
    found = {contender.name: [] for contender in contenders}
    for number in range(options.rounds + 1):
        for contender in contenders if number % 2 else contenders[::-1]:
            result = contender.run(row, options.seconds)
            if number:  # the first is for warming up
                found[contender.name].append(result)
    return found


class Floor:
    def __init__(self, service, folder):
        self.socket = folder / "floor.sock"
        binary = folder / "floor"
        subprocess.run(
            ["cc", "-O2", "-Wall", "-Wextra", "-o", str(binary), str(HERE / "floor.c"),
             "-I/usr/include/postgresql", "-lfcgi", "-lpq", "-lcrypto"],
            check=True,
        )  # fmt: skip
        settings = service.generated_settings()
        self._process = subprocess.Popen(
            [str(binary), str(self.socket), str(WORKERS)],
            env={**os.environ, **{k: settings[k] for k in ("DATABASE_URL", "JWT_SECRET_KEY")}},
            stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        assert self._process.stdout.readline() == "ready\n"

    def pids(self):
        return processes.children(self._process.pid)

    def close(self):
        os.killpg(self._process.pid, 15)
        self._process.wait(timeout=10)
