# SPDX-License-Identifier: Apache-2.0
"""A primary and its streaming standby: the private cluster of a copy, and a clone of it.

Both lie in the copy's state folder, run as the same user, and have a socket folder each; there is
no TCP. Replication logs in as the superuser of the private cluster. The standby is synchronous: a
commit is acknowledged when both have written it, so whichever of the two is left has everything
that was acknowledged.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg2

from . import processes
from .logs import DATABASE, STANDBY
from .waiting import wait_until

TOOL_TIMEOUT_S = 60
STREAMING_S = 30

NAME = "standby"  # what synchronous_standby_names calls whoever follows


class Cluster:
    """One cluster as processes and as a database. Its role may change."""

    def __init__(self, tools, data, socket_folder, log, password_file, owner_dsn):
        self._tools = tools
        self.data = Path(data)
        self.socket_folder = Path(socket_folder)
        self._log = Path(log)
        self._password_file = Path(password_file)
        self._owner_dsn = owner_dsn
        self._owner = pwd.getpwuid(self._password_file.stat().st_uid)

    # --- as a database -------------------------------------------------------------------------

    def query(self, statement, parameters=()):
        """As the owner of the schema, who may also look at everybody's sessions."""
        connection = psycopg2.connect(self._owner_dsn, host=str(self.socket_folder))
        return self._ask(connection, statement, parameters)

    def command(self, statement):
        """As the superuser, outside of a transaction."""
        self._ask(psycopg2.connect(self.superuser_dsn()), statement, ())

    @staticmethod
    def _ask(connection, statement, parameters):
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def superuser_dsn(self):
        return (
            f"host={self.socket_folder} dbname=postgres user=postgres"
            f" passfile={self._password_file}"
        )

    def is_in_recovery(self):
        [(answer,)] = self.query("SELECT pg_is_in_recovery()")
        return answer

    def app_backends(self):
        """How many sessions the workers have here."""
        [(count,)] = self.query(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'latchkey_app'"
        )
        return count

    # --- as processes --------------------------------------------------------------------------

    def pids(self):
        """The postmaster first; none when it does not run."""
        try:
            postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        except FileNotFoundError:
            return []
        if str(self.data) not in processes.command_line(postmaster):
            return []
        return [postmaster, *processes.children(postmaster)]

    def start(self):
        options = f"-k {self.socket_folder}"
        self._run("pg_ctl", "-D", self.data, "-l", self._log, "-o", options, "-w", "start")

    def stop(self):
        """The fast shutdown: sessions are ended, and the standby is sent everything before."""
        self._run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")

    def kill(self):
        """As if the machine had lost its power."""
        pids = self.pids()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # Not as zombies either: PostgreSQL's programs take one for a server that still runs.
        wait_until(
            lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), "a killed cluster's end"
        )

    # --- as one of two -------------------------------------------------------------------------

    def promote(self):
        """Returns the moment at which it takes writes, on the clock of time.monotonic()."""
        self._run("pg_ctl", "-D", self.data, "-w", "promote")
        wait_until(lambda: not self.is_in_recovery(), "the end of the recovery")
        return time.monotonic()

    def clone(self, primary):
        """Makes this cluster: a copy of the primary's files, and a standby of it."""
        self._run("pg_basebackup", "-D", self.data, "-d", primary.superuser_dsn(), "-c", "fast")
        self._follow(primary)

    def rejoin(self, primary):
        """An old primary that is down comes back as a standby of the one that replaced it. What it
        alone had written (never acknowledged) is taken back first."""
        primary.command("CHECKPOINT")  # else pg_rewind may not see that there is a new time line
        source = f"--source-server={primary.superuser_dsn()}"
        self._run("pg_rewind", f"--target-pgdata={self.data}", source)
        self._follow(primary)

    def _follow(self, primary):
        # Appended: the last line of a name counts, and copying has brought the lines of the other.
        # The setting of a primary that waits for its standby would be in force after a promotion.
        with open(self.data / "postgresql.auto.conf", "a", encoding="utf-8") as settings:
            settings.write(
                f"primary_conninfo = '{primary.superuser_dsn()} application_name={NAME}'\n"
                "recovery_target_timeline = 'latest'\n"
                "wal_retrieve_retry_interval = '200ms'\n"
                "synchronous_standby_names = ''\n"
            )
        (self.data / "standby.signal").touch()
        self._own(self.data / "standby.signal")
        self.start()
        wait_until(lambda: primary.followers(), "streaming replication", STREAMING_S)
        assert self.is_in_recovery()

    def followers(self):
        return self.query(
            "SELECT sync_state FROM pg_stat_replication"
            f" WHERE application_name = '{NAME}' AND state = 'streaming'"
        )

    def set(self, name, value):
        """A server setting that a reload puts in force."""
        self.command(f"ALTER SYSTEM SET {name} = '{value}'")
        self.command("SELECT pg_reload_conf()")

    def wait_for_its_standby_at_commit(self):
        self.set("synchronous_standby_names", NAME)
        wait_until(lambda: self.followers() == [("sync",)], "a synchronous standby", STREAMING_S)

    def _own(self, path):
        if os.getuid() == 0:
            os.chown(path, self._owner.pw_uid, self._owner.pw_gid)

    def _run(self, tool, *arguments):
        """One of PostgreSQL's programs, as the user that the clusters run as."""
        command = [str(self._tools / tool), *map(str, arguments)]
        if os.getuid() == 0:
            command = ["runuser", "-u", self._owner.pw_name, "--", *command]
        # Into the log: a server that is started keeps the output open.
        with open(self._log, "a", encoding="utf-8") as log:
            subprocess.run(
                command, cwd="/", check=True, timeout=TOOL_TIMEOUT_S, stdout=log, stderr=log
            )


@contextlib.contextmanager
def standby_of(service):
    """(first, second): the copy's own cluster as the primary and a synchronous standby. Afterwards
    the second one is gone; the first belongs to the copy, and `make down` stops it."""
    folder = service.state_dir / "standby"
    folder.mkdir()
    (folder / "socket").mkdir(mode=0o700)
    shutil.copy(service.state_dir / "pgpass", folder / "pgpass")  # keeps its mode, 0600
    log = service.state_dir / "log" / STANDBY
    log.touch(mode=0o640)
    if os.getuid() == 0:
        owner = service.pgdata.stat()
        for path in (folder, folder / "socket", folder / "pgpass", log):
            os.chown(path, owner.st_uid, owner.st_gid)

    version = (service.pgdata / "PG_VERSION").read_text().strip()
    common = {
        "tools": Path("/usr/lib/postgresql") / version / "bin",
        "password_file": folder / "pgpass",
        "owner_dsn": service.owner_dsn(),
    }
    first = Cluster(
        data=service.pgdata,
        socket_folder=service.state_dir / "run" / "pg",
        log=service.state_dir / "log" / DATABASE,
        **common,
    )
    second = Cluster(data=folder / "data", socket_folder=folder / "socket", log=log, **common)
    try:
        first.set("wal_keep_size", "256MB")  # pg_rewind reads back to before the roles parted
        second.clone(first)
        first.wait_for_its_standby_at_commit()
        yield first, second
    finally:
        second.kill()
        if not first.pids():  # a test that failed in the middle
            first.start()


def app_url(service, *clusters):
    """The workers' DATABASE_URL for these clusters, in this order. With one there is nothing to
    choose; of several, the one that takes writes is wanted."""
    lines = (service.state_dir / "pgpass").read_text().splitlines()
    [password] = [line.split(":")[4] for line in lines if line.split(":")[3] == "latchkey_app"]
    hosts = ",".join(str(cluster.socket_folder) for cluster in clusters)
    choice = "&target_session_attrs=read-write" if len(clusters) > 1 else ""
    return f"postgresql://latchkey_app:{password}@/latchkey?host={hosts}{choice}"
