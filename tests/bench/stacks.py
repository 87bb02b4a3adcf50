# SPDX-License-Identifier: Apache-2.0
"""Authentication services as people write them with what they know (peers/), each tuned, with an nginx and
a database of its own in the cluster of the copy; and Latchkey, started and stopped in the same way."""

import os
import pathlib
import signal
import subprocess
from dataclasses import dataclass

from latchkey_testkit import processes
from latchkey_testkit.service import BINARY, ROOT

from peer_database import BetterAuthDatabase, Database
from sides import HERE, WORKERS, Nginx

PROGRAMS = HERE / "peers"
PACKAGES = ROOT / "build/peers.npm"
STOP_S = 15
PHP_PROCESSES = 2 * WORKERS  # each waits for PostgreSQL inside a request, with nothing else to do meanwhile


class Application:
    """A program that is started, with all processes that it starts."""

    def __init__(self, command, environment, log):
        self._command = [str(word) for word in command]
        self._environment = environment
        self._log = log
        self._process = None

    def start(self):
        with self._log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, cwd="/", start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def pids(self):
        found = [self._process.pid]
        for pid in found:
            found += processes.children(pid)
        return found

    def stop(self):
        if self._process is None:
            return
        pids = self.pids()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
            processes.wait_until_gone(pids, self._command[0], STOP_S)
        finally:
            for pid in filter(processes.is_running, pids):
                os.kill(pid, signal.SIGKILL)
        self._process = None


def latchkey(service):
    """The supervisor and the workers, as many as `make up` starts on two cores."""
    return Application(
        [BINARY, "serve", "--config", service.state_dir / "latchkey.env",
         "--api-workers", WORKERS, "--hash-workers", WORKERS],
        {**service.environment(), "RUNTIME_DIR": str(service.state_dir / "run"), "TZ": "UTC"},
        service.state_dir / "log/worker.log",
    )  # fmt: skip


# --- the peers ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stack:
    name: str
    passes: str  # how nginx hands requests over
    command: callable  # of the folder
    rows: tuple = ("health", "me", "refresh")
    pool_size: int = 0  # connections of a process to the database, where there is a pool
    database: type = Database


def _node(program):
    return lambda folder: [
        "node", PACKAGES / "cluster.mjs", f"./{program}", folder / "peer.sock", WORKERS,
    ]  # fmt: skip


def _uvicorn(folder):
    return [
        "/usr/bin/python3", "-m", "uvicorn", "fastapi_app:app", "--app-dir", PROGRAMS,
        "--uds", folder / "peer.sock", "--workers", WORKERS, "--loop", "uvloop", "--http", "httptools",
        "--no-access-log", "--log-level", "warning", "--timeout-keep-alive", "75",
    ]  # fmt: skip


def _php_fpm(folder):
    [binary] = sorted(pathlib.Path("/usr/sbin").glob("php-fpm[0-9]*"))[-1:]
    text = (PROGRAMS / "php-fpm.conf.in").read_text(encoding="utf-8")
    names = {"FOLDER": folder, "SOCKET": folder / "peer.sock", "PROCESSES": PHP_PROCESSES}
    names["USER"] = "user = root" if os.getuid() == 0 else ""
    (folder / "php-fpm.conf").write_text(_filled(text, names), encoding="utf-8")
    as_root = ["--allow-to-run-as-root"] if os.getuid() == 0 else []
    return [binary, "--nodaemonize", *as_root, "--fpm-config", folder / "php-fpm.conf"]


STACKS = (
    Stack("Fastify", "proxy.conf", _node("fastify.mjs"), pool_size=4),
    Stack("PHP-FPM", "fastcgi.conf", _php_fpm),
    Stack("FastAPI", "proxy.conf", _uvicorn, pool_size=4),
    Stack(
        "better-auth", "proxy.conf", _node("better_auth.mjs"), pool_size=4,
        rows=("health", "me"), database=BetterAuthDatabase,
    ),
)


def install():
    """The programs find their packages beside themselves."""
    subprocess.run([ROOT / "openapi/npm-ci", PROGRAMS, PACKAGES], check=True, stdout=subprocess.DEVNULL)
    for program in PROGRAMS.glob("*.mjs"):
        (PACKAGES / program.name).write_bytes(program.read_bytes())


class Peer(Application):
    """A stack at work on its database."""

    def __init__(self, stack, database, folder):
        self._socket = folder / "peer.sock"
        environment = {
            "PATH": os.environ["PATH"],
            "TZ": "UTC",
            "NODE_ENV": "production",
            "POOL_SIZE": str(stack.pool_size),
            **database.environment(),
        }
        super().__init__(stack.command(folder), environment, folder / "peer.log")

    def start(self):
        self._socket.unlink(missing_ok=True)  # not every one of them can start over an old one
        super().start()


class PeerEdge(Nginx):
    def __init__(self, stack, folder):
        self._stack = stack
        super().__init__(folder)

    def render(self):
        keeps = "keepalive 32; keepalive_requests 100000;" if self._stack.passes == "proxy.conf" else ""
        passes = (PROGRAMS / self._stack.passes).read_text(encoding="utf-8")
        names = {
            "USER": "user root;" if os.getuid() == 0 else "",
            "FOLDER": self.folder,
            "SOCKET": self.folder / "peer.sock",
            "PORT": self.port,
            "KEEPALIVE": keeps,
            "PASS": _filled(passes, {"PROGRAMS": PROGRAMS}),
        }
        text = (PROGRAMS / "nginx.conf.in").read_text(encoding="utf-8")
        (self.folder / "nginx.conf").write_text(_filled(text, names), encoding="utf-8")


def _filled(text, names):
    for name, value in names.items():
        text = text.replace(f"@{name}@", str(value))
    return text
