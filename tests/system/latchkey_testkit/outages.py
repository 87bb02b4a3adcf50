# SPDX-License-Identifier: Apache-2.0
"""Ways for PostgreSQL to be ill, and its administrator's connection."""

import contextlib
import os
import signal
import socket
import threading
import time
from pathlib import Path

import psycopg2

from . import processes
from .waiting import wait_until


def kill_database(service):
    """SIGKILL to the postmaster and to every backend."""
    postmaster = service.postmaster_pid()
    everyone = [postmaster, *processes.children(postmaster)]
    for pid in everyone:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    processes.wait_until_gone(everyone, "PostgreSQL")
    # pg_ctl takes one that nobody has waited for yet for a living server.
    wait_until(lambda: not Path(f"/proc/{postmaster}").exists(), "PostgreSQL to be reaped")


@contextlib.contextmanager
def administrator(service):
    """A cursor of the superuser, outside of any transaction."""
    password = None
    for line in (service.state_dir / "pgpass").read_text().splitlines():
        if line.startswith("*:*:*:postgres:"):
            password = line.rpartition(":")[2]
    connection = psycopg2.connect(
        host=str(socket_of(service).parent), user="postgres", password=password, dbname="latchkey"
    )
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")
            yield cursor
    finally:
        connection.close()


def app_password(service):
    return psycopg2.extensions.parse_dsn(service.generated_settings()["DATABASE_URL"])["password"]


def socket_of(service):
    return (service.state_dir / "run/pg").resolve() / ".s.PGSQL.5432"


class Impostor:
    """Stands on PostgreSQL's socket while that is dead: accepts, notes when, waits, hangs up."""

    def __init__(self, service, hold_s=0.0):
        self._path = socket_of(service)
        self._hold_s = hold_s
        self._end = threading.Event()
        self._threads = []
        self.times = []  # of time.time(), as the log has it

    def __enter__(self):
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(self._path))
        self._path.chmod(0o777)
        self._socket.listen(64)
        self._threads.append(threading.Thread(target=self._accept))
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self._end.set()
        # accept() wakes up of a connection, not of close().
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as last:
            last.connect(str(self._path))
        for thread in self._threads:
            thread.join(10)
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _accept(self):
        while True:
            connection, _ = self._socket.accept()
            if self._end.is_set():
                connection.close()
                return
            self.times.append(time.time())
            thread = threading.Thread(target=self._hold, args=(connection,))
            thread.start()
            self._threads.append(thread)

    def _hold(self, connection):
        self._end.wait(self._hold_s)
        connection.close()
