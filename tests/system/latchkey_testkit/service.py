# SPDX-License-Identifier: Apache-2.0
"""A private copy of the service: `make up` and `make down` with its own state folder and ports.

LATCHKEY_BUILD chooses another build preset (coverage, asan) for every copy.
LATCHKEY_POOLER=pgbouncer puts PgBouncer between the workers and the database of every copy that
does not choose for itself.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg2

from . import processes, secrecy
from .logs import WORKER, Logs, SevereLines
from .waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]
BUILD = os.environ.get("LATCHKEY_BUILD", "release")
POOLER = os.environ.get("LATCHKEY_POOLER", "none")
BINARY = ROOT / "build" / BUILD / "latchkey"

START_TIMEOUT_S = 300
STOP_TIMEOUT_S = 60

# Cheap hashes and no rate limits: what most tests want. The queues are wide enough for fifty
# requests at once, and the log is at its loudest, since nothing secret may be in it at any level.
FAST_SETTINGS = {
    "BCRYPT_ROUNDS": "4",
    "RATE_LIMIT_LOGIN": "off",
    "RATE_LIMIT_REGISTER": "off",
    "HASH_QUEUE_LOGIN": "100",
    "HASH_QUEUE_REGISTER": "100",
    "LOG_LEVEL": "DEBUG",
}

# The origins that the shared copy lists.
CORS_ORIGINS = ("https://app.example.com", "https://admin.example.com:8443")

# What a copy inherits from the caller: tools are found, and no setting of the caller leaks in.
INHERITED = (
    "PATH HOME USER LOGNAME LANG TMPDIR TERM CCACHE_DIR"
    " ASAN_OPTIONS UBSAN_OPTIONS GCOV_PREFIX GCOV_PREFIX_STRIP"
).split()

running_services = []


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class StateFolder:
    """One STATE_DIR; short, because UNIX socket paths are limited to 107 bytes, and enterable by
    the postgres user, who runs the private cluster when root runs the tests."""

    def __init__(self):
        self.path = Path(tempfile.mkdtemp(prefix="lks-", dir="/tmp"))
        self.path.chmod(0o755)

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Service:
    def __init__(self, state_dir, settings=None, api_workers=2, hash_workers=2, pooler=POOLER):
        self.state_dir = Path(state_dir)
        self.settings = {**FAST_SETTINGS, **(settings or {})}
        self.https_port, self.http_port = free_ports(2)
        self.api_workers = api_workers
        self.hash_workers = hash_workers
        self.pooler = pooler
        self.logs = Logs(self.state_dir / "log")
        self.severe_lines = SevereLines(self.logs)
        self.worker_log_start = 0
        self.url = f"https://localhost:{self.https_port}"

    # --- life ------------------------------------------------------------------------------

    def start(self):
        self.severe_lines.skip_old()
        self.worker_log_start = self.logs.size(WORKER)
        self._make("up", START_TIMEOUT_S)
        running_services.append(self)
        self._remember_secrets()
        return self

    def stop(self):
        if self in running_services:
            running_services.remove(self)
        self._make("down", STOP_TIMEOUT_S)

    def run_again(self):
        """`make up` once more, on the same data and ports."""
        self._make("up", START_TIMEOUT_S)

    def restart(self):
        self._make("down", STOP_TIMEOUT_S)
        self.run_again()

    def environment(self):
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return {
            **inherited,
            **self.settings,
            "BUILD": BUILD,
            "STATE_DIR": str(self.state_dir),
            "HTTPS_PORT": str(self.https_port),
            "HTTP_PORT": str(self.http_port),
            "API_WORKERS": str(self.api_workers),
            "HASH_WORKERS": str(self.hash_workers),
            "POOLER": self.pooler,
        }

    def _make(self, target, timeout_s):
        # The output goes to a file: a daemon that kept a pipe open would keep us waiting.
        with tempfile.TemporaryFile("w+") as output:
            try:
                status = subprocess.run(
                    ["make", "--no-print-directory", "-C", str(ROOT), target],
                    env=self.environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=timeout_s,
                    check=False,
                ).returncode
            except subprocess.TimeoutExpired:
                status = f"timeout after {timeout_s} s"
            output.seek(0)
            text = output.read()
        assert status == 0, f"make {target}: {status}\n{text[-6000:]}"
        return text

    # --- what it holds -----------------------------------------------------------------------

    @property
    def ca_file(self):
        """The certificate a client must trust: the development authority, or the server's own."""
        folder = self.state_dir / "tls"
        certificates = sorted([*folder.glob("*.pem"), *folder.glob("*.crt")])
        certificates = [path for path in certificates if "key" not in path.name]
        authorities = [path for path in certificates if path.stem.startswith("ca")]
        assert certificates, f"no certificate in {folder}"
        return (authorities or certificates)[0]

    def generated_settings(self):
        settings = {}
        for line in (self.state_dir / "latchkey.env").read_text().splitlines():
            name, equals, value = line.strip().partition("=")
            if equals and not name.startswith("#"):
                settings[name] = value.strip().strip('"')
        return settings

    def config_status(self):
        """`latchkey config`, which is wrong about the same as a worker that starts."""
        return subprocess.run(
            [BINARY, "config", "--config", self.state_dir / "latchkey.env"],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=STOP_TIMEOUT_S,
            check=False,
        )

    @property
    def signing_key(self):
        return self.generated_settings()["JWT_SECRET_KEY"]

    def _remember_secrets(self):
        settings = self.generated_settings()
        secrecy.remember(settings["JWT_SECRET_KEY"])
        addresses = [settings.get(name, "") for name in ("DATABASE_URL", "ADMIN_DATABASE_URL")]
        for dsn in (*addresses, self.owner_dsn()):
            with contextlib.suppress(psycopg2.ProgrammingError):
                secrecy.remember(psycopg2.extensions.parse_dsn(dsn).get("password"))

    def remember_hashes(self):
        for (stored,) in self.query("SELECT password_hash FROM latchkey.users"):
            secrecy.remember(stored)

    # --- the database, as its owner ----------------------------------------------------------

    def owner_dsn(self):
        output = subprocess.run(
            ["make", "--no-print-directory", "-s", "-C", str(ROOT), "dsn"],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=STOP_TIMEOUT_S,
            check=True,
            text=True,
        ).stdout
        return output.strip().splitlines()[-1]

    @contextlib.contextmanager
    def database(self):
        connection = psycopg2.connect(self.owner_dsn())
        try:
            with connection, connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def query(self, statement, parameters=()):
        with self.database() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def execute(self, statement):
        """As it is: no parameters, so a per cent sign is one."""
        with self.database() as cursor:
            cursor.execute(statement)

    def network(self):
        """Where it is reached: for a copy, as for nearly everybody, the network of this machine."""
        return contextlib.nullcontext()

    def end_app_connections(self):
        self.query(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE usename = 'latchkey_app'"
        )

    # --- its sockets -------------------------------------------------------------------------

    @contextlib.contextmanager
    def api_out_of_reach(self):
        """Nobody can open a connection to the api workers. Those that nginx keeps stay."""
        path = self.state_dir / "run" / "api.sock"
        away = path.with_suffix(".away")
        path.rename(away)
        try:
            yield
        finally:
            away.rename(path)

    # --- PostgreSQL as a process -------------------------------------------------------------

    @property
    def pgdata(self):
        return self.state_dir / "pgdata"

    def postmaster_pid(self):
        return int((self.pgdata / "postmaster.pid").read_text().splitlines()[0])

    def _pg_ctl(self, *arguments):
        tools = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
        command = [str(tools[-1]), "-D", str(self.pgdata), *arguments]
        owner = pwd.getpwuid(self.pgdata.stat().st_uid).pw_name
        if os.getuid() == 0 and owner != "root":
            command = ["runuser", "-u", owner, "--", *command]
        subprocess.run(
            command, cwd="/", check=True, timeout=STOP_TIMEOUT_S, stdout=subprocess.DEVNULL
        )

    def stop_database(self):
        self._pg_ctl("-m", "immediate", "-w", "stop")

    def start_database(self):
        # "restart" takes the options of the run before from postmaster.opts; "start" does not.
        log = str(self.state_dir / "log" / "postgresql.log")
        self._pg_ctl("-w", "-l", log, "restart")
        if self.pooler != "none":
            wait_until(self._pooler_serves, "the pooler to reach the database")

    def _pooler_serves(self):
        dsn = psycopg2.extensions.parse_dsn(self.generated_settings()["DATABASE_URL"])
        dsn.update(host=str(self.state_dir / "run" / "pooler"), port=6432, connect_timeout=2)
        try:
            with contextlib.closing(psycopg2.connect(**dsn)) as connection:
                connection.cursor().execute("SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True

    # --- the supervisor and its workers ------------------------------------------------------

    def supervisor_pid(self):
        for file in sorted((self.state_dir / "run").glob("*.pid")):
            pid = int(file.read_text().split()[0])
            if "serve" in processes.command_line(pid):
                return pid
        raise AssertionError("no supervisor is running")

    def worker_pids(self, pool=None):
        """The pids of the workers, of one pool or of both."""
        found = []
        for pid in processes.children(self.supervisor_pid()):
            words = processes.command_line(pid)
            if "worker" in words and (pool is None or pool in words):
                found.append(pid)
        return found

    def roll(self, timeout_s=30):
        """A rolling restart, to its end; returns the workers that were replaced."""
        before = self.worker_pids()
        offset = self.logs.size(WORKER)
        os.kill(self.supervisor_pid(), signal.SIGHUP)
        wait_until(lambda: self._said("rolling restart is complete", offset), "the roll", timeout_s)
        return before

    def _said(self, message, offset):
        _, lines = self.logs.whole_lines(WORKER, offset)
        return any(f'"message":"{message}"' in line for line in lines)

    def wait_for_workers(self, pool, count):
        return wait_until(
            lambda: (pids := self.worker_pids(pool)) and len(pids) == count and pids,
            f"{count} {pool} workers",
        )


@contextlib.contextmanager
def stopped_processes(pids):
    """Halts processes with SIGSTOP and lets them go on in any case."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        processes.wait_until_stopped(pids)
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def running(state_dir, **options):
    """A running copy; on leaving it is stopped and its logs are searched for every secret."""
    service = Service(state_dir, **options)
    try:
        service.start()
        yield service
        service.remember_hashes()
    finally:
        service.stop()
    assert_clean_logs(service)


def assert_clean_logs(stopped):
    """Of a copy or a node that has ended: it ended well, and nothing secret was logged."""
    severe = stopped.severe_lines.read()
    assert not severe, f"errors in the worker log while the service stopped: {severe}"
    leaks = stopped.logs.leaked_secrets()
    assert not leaks, "secrets in the logs:\n" + "\n".join(leaks)
