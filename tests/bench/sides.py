# SPDX-License-Identifier: Apache-2.0
"""Latchkey and the floor (floor.c), side by side: each behind nginx processes of its own with the
same configuration, with the same number of processes, the same database and the same tokens."""

import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))

from latchkey_testkit import processes  # noqa: E402
from latchkey_testkit.accounts import Account  # noqa: E402
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


class Edge:
    """An nginx with the configuration of the copy, over plain HTTP, before other sockets.

    Where it does not keep connections to workers, each request has one of its own: libfcgi's loop,
    which the floor uses, would tie a worker to the first that it gets."""

    def __init__(self, service, folder, socket_names, *, keeps_connections=True):
        [self.port] = free_ports(1)
        self.folder = folder
        self._keeps_connections = keeps_connections
        (folder / "tmp").mkdir(parents=True)
        state = str(service.state_dir)
        for source in (service.state_dir / "nginx").glob("*.conf"):
            text = source.read_text(encoding="utf-8")
            for old, new in socket_names.items():
                text = text.replace(f"{state}/run/{old}", str(new))
            text = text.replace(f"{state}/log", str(folder)).replace(f"{state}/nginx", str(folder))
            text = text.replace(f"{state}/run/nginx.pid", str(folder / "nginx.pid"))
            if not self._keeps_connections:
                text = re.sub(r"(?m)^ *(keepalive|fastcgi_keep_conn)\b.*\n", "", text)
            if source.name == "nginx.conf":
                text = self._in_plain_http(text)
            (folder / source.name).write_text(text, encoding="utf-8")
        self._nginx()
        self.pid = int((folder / "nginx.pid").read_text(encoding="ascii"))

    def _in_plain_http(self, text):
        first, second = [match.start() for match in re.finditer(r"(?m)^    server \{", text)]
        server = re.sub(r"(?m)^\s*(listen|ssl_|include latchkey-tls).*\n", "", text[first:second])
        server = server.replace("{", f"{{\n        listen 127.0.0.1:{self.port};", 1)
        return text[:first] + server + "}\n"

    def _nginx(self, *words):
        subprocess.run(
            ["nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"),
             "-e", str(self.folder / "start.log"), *words],
            check=True, env={**os.environ, "TZ": "UTC"},
        )  # fmt: skip

    def close(self):
        self._nginx("-s", "quit")
        processes.wait_until_gone([self.pid], "nginx")


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
    """One of the two: where it is asked, and whose time its requests take."""

    def __init__(self, name, edge, application, service):
        self.name = name
        self.edge = edge
        self.application = application  # gives the process ids
        self._service = service  # whose database both use, in turns
        self.refresh_tokens = None  # a file: used up and replaced, so each has its own
        self.access_tokens = None

    def run(self, row, seconds):
        path, kind = ROWS[row]
        tokens = self.refresh_tokens if kind == "refresh" else self.access_tokens
        before = self._cpu_ns()
        load = Wrk(f"http://127.0.0.1:{self.edge.port}{path}", tokens, kind, seconds)
        result = load.result()
        after = self._cpu_ns()
        for index, process in enumerate(("application_us", "nginx_us", "database_us")):
            result[process] = (after[index] - before[index]) / result["count"] / 1000
        return result

    def _cpu_ns(self):
        database = processes.children(self._service.postmaster_pid())
        groups = (self.application(), processes.children(self.edge.pid), database)
        return [sum(_run_time_ns(pid) for pid in group) for group in groups]


def _run_time_ns(pid):
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])


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


def write_tokens(contender, client, folder):
    sessions = [Account(client).session for _ in range(SESSIONS)]
    contender.access_tokens = folder / f"{contender.name}.access"
    contender.refresh_tokens = folder / f"{contender.name}.refresh"
    contender.access_tokens.write_text(
        "".join(f"{session.access_token}\n" for session in sessions), encoding="ascii"
    )
    renew_refresh_tokens(contender, client)


def renew_refresh_tokens(contender, client):
    """A run uses the tokens of its file up."""
    contender.refresh_tokens.write_text(
        "".join(f"{Account(client).session.refresh_token}\n" for _ in range(SESSIONS)),
        encoding="ascii",
    )
