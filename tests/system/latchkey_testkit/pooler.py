# SPDX-License-Identifier: Apache-2.0
"""The PgBouncer of a copy as a process, and its own view of clients and servers."""

import contextlib
import os
import pwd
import re
import signal
import subprocess

import psycopg2

from . import processes
from .logs import POOLER
from .waiting import wait_until

PORT = 6432


class Pooler:
    def __init__(self, service):
        self._service = service
        self.folder = service.state_dir / "run" / "pooler"
        self._configuration = self.folder.resolve() / "pgbouncer.ini"

    def pid(self):
        return int((self.folder / "pgbouncer.pid").read_text())

    def end(self, signal_number=signal.SIGTERM):
        """SIGTERM: every connection is closed at once. SIGKILL: not even the socket is removed."""
        pid = self.pid()
        os.kill(pid, signal_number)
        processes.wait_until_gone([pid], "PgBouncer")

    def start(self):
        """As `make up` starts it."""
        command = ["setsid", "--fork", "pgbouncer", str(self._configuration)]
        owner = pwd.getpwuid(self._configuration.stat().st_uid).pw_name
        if os.getuid() == 0:
            command = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--init-groups", *command]
        with contextlib.suppress(FileNotFoundError):
            (self.folder / "pgbouncer.pid").unlink()
        log = self._service.state_dir / "log" / POOLER
        with open(log, "a", encoding="utf-8") as output:
            subprocess.run(
                command,
                cwd="/",
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"},
            )
        wait_until(self._answers, "PgBouncer to answer")

    def point_at(self, socket_folder):
        """Another server for the database, as an operator does it: the file, then a reload."""
        text = self._configuration.read_text()
        changed = re.sub(r"(?m)^(latchkey = host=)\S+", rf"\g<1>{socket_folder}", text)
        assert changed != text
        self._configuration.write_text(changed)
        os.kill(self.pid(), signal.SIGHUP)

    def _answers(self):
        with contextlib.suppress(psycopg2.OperationalError):
            return bool(self.show("VERSION"))
        return False

    def show(self, what):
        """A SHOW command of PgBouncer's console, as a list of dictionaries."""
        connection = psycopg2.connect(
            self._service.owner_dsn(), host=str(self.folder), port=PORT, dbname="pgbouncer"
        )
        connection.autocommit = True  # the console knows no BEGIN
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SHOW {what}")
                names = [column.name for column in cursor.description]
                return [dict(zip(names, row)) for row in cursor.fetchall()]
        finally:
            connection.close()
