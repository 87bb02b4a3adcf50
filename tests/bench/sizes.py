# SPDX-License-Identifier: Apache-2.0
"""The same requests with a thousand users and with very many: two copies by turns, requests spread over
sessions at random. As many are active in both, 10,000 sessions and 1,000 users who log in, so that the size is compared
and not the disk: PostgreSQL has the memory for what is active, and has seen it once before the first round that counts."""

import contextlib
import json
import os
import random
import statistics
import subprocess
import time

from latchkey_testkit.accounts import Account
from latchkey_testkit.client import Client
from latchkey_testkit.logs import WORKER
from latchkey_testkit.service import StateFolder, running
from latchkey_testkit.tokens import Mint

from figures import Figure, median_of, median_ratio
from sides import Edge, Wrk

FEW = 1000
FEW_SESSIONS = 10_000
MOST_LOSS = 0.10
ACTIVE = 10_000  # sessions that are asked for
REFRESHED = 1000  # sessions that are refreshed in a run, each only in one
LOGIN_CONNECTIONS = 4  # more would wait for each other

SETTINGS = {"BCRYPT_ROUNDS": "4", "RATE_LIMIT_LOGIN": "off", "RATE_LIMIT_REGISTER": "off"}

FILL = """
SET synchronous_commit = off;
INSERT INTO latchkey.users (email, username, password_hash)
SELECT 'filled' || n || '@example.com', 'filled' || n, (SELECT password_hash FROM latchkey.users LIMIT 1)
  FROM generate_series(1, {users}) AS n;
INSERT INTO latchkey.sessions (id, user_id, created_at, rotated_at, last_used_at, expires_at, ip, user_agent)
SELECT (lpad(to_hex(1700000000000 + row_number() OVER ()), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid,
       id, now(), now(), now(), now() + interval '7 days', '192.0.2.1', 'Mozilla/5.0 (X11; Linux x86_64)'
  FROM (SELECT id FROM latchkey.users, generate_series(1, {sessions_of_each})
         WHERE username LIKE 'filled%' ORDER BY random()) AS logins;
VACUUM ANALYZE latchkey.users, latchkey.sessions;
"""


def memory_settings():
    """A quarter of the machine for PostgreSQL, of which half for each of the two."""
    page_size, pages = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_PHYS_PAGES")
    megabytes = page_size * pages // 8 // 2**20
    return f"shared_buffers = '{megabytes}MB'\nmax_wal_size = '8GB'\n"


def fill(service, users, sessions):
    """Somebody must have registered: they all have that password."""
    subprocess.run(
        ["psql", "-Xqv", "ON_ERROR_STOP=1", service.owner_dsn()],
        input=FILL.format(users=users, sessions_of_each=sessions // users), text=True, check=True,
    )  # fmt: skip


class Copy:
    def __init__(self, service, folder, users, sessions):
        self.service = service
        self._names = random.sample(range(1, users + 1), FEW)
        self._give_memory()
        self.edge = Edge(service, folder / f"edge-{users}", {})
        self._folder = folder / str(users)
        self._folder.mkdir()
        self.account = Account(Client(service))
        fill(service, users, sessions)
        service.start_database()  # again: nothing is left to be written that has to do with the filling
        self._sessions = service.query(
            "SELECT id::text, user_id FROM latchkey.sessions TABLESAMPLE BERNOULLI (%s)"
            " WHERE counter = 0 LIMIT %s",
            (min(100, 100 * 3 * ACTIVE / sessions), ACTIVE),
        )
        random.shuffle(self._sessions)
        self._mint = {
            kind: Mint(service.signing_key, getattr(self.account.session, f"{kind}_token"))
            for kind in ("access", "refresh")
        }

    def _give_memory(self):
        with (self.service.pgdata / "postgresql.auto.conf").open("a", encoding="ascii") as file:
            file.write(memory_settings())
        self.service.start_database()  # or again

    def logins(self):
        """A file of bodies, one for each user."""
        file = self._folder / "login"
        bodies = (
            {"username": f"filled{name}", "password": self.account.password} for name in self._names
        )
        file.write_text("".join(json.dumps(body) + "\n" for body in bodies), encoding="ascii")
        return file

    def overhead_ms(self, offset):
        """What a login took beside its hash, by the workers' clock; the median since then."""
        _, lines = self.service.logs.whole_lines(WORKER, offset)
        requests = (json.loads(line) for line in lines)
        return statistics.median(
            line["duration_ms"] - line["hash_ms"]
            for line in requests
            if line.get("route") == "/auth/login"
        )

    def tokens(self, kind, count):
        """A file of so many; refresh tokens are taken from sessions that have not been asked for."""
        chosen = self._sessions[:count]
        if kind == "refresh":
            del self._sessions[:count]
        now = int(time.time())
        file = self._folder / kind
        with file.open("w", encoding="ascii") as out:
            for sid, user_id in chosen:
                claims = {"sub": str(user_id), "sid": sid, "iat": now, "exp": now + 1700}
                if kind == "refresh":
                    claims |= {"jti": f"{sid}.0", "exp": now + 86_400}
                out.write(self._mint[kind].token(claims) + "\n")
        return file


def measure(options, folder):
    figures = []
    with contextlib.ExitStack() as stack:
        copies = []
        for users, sessions in ((FEW, FEW_SESSIONS), (options.users, options.users)):
            state = StateFolder()
            stack.callback(state.remove)
            service = stack.enter_context(running(state.path, settings=SETTINGS))
            copies.append(Copy(service, folder, users, sessions))
            stack.callback(copies[-1].edge.close)
        for row, path in (("access", "/users/me"), ("refresh", "/auth/refresh")):
            few, many = _by_turns(copies, options.rounds, _requests(row, path, options))
            behind = f"{median_of(many, 'rate'):,.0f} a second, with few {median_of(few, 'rate'):,.0f}"
            figures.append(_figure(path, options, median_ratio(many, few, "rate"), behind))
        few, many = _by_turns(copies, options.rounds, _logins(options))
        behind = (
            f"{median_of(many, 'overhead_ms'):.2f} ms beside the hash, with few"
            f" {median_of(few, 'overhead_ms'):.2f} ms"
        )
        ratio = median_ratio(few, many, "overhead_ms")
        figures.append(_figure("/auth/login", options, ratio, behind))
    return figures


def _figure(path, options, ratio, behind):
    return Figure(
        f"`{path}`, {options.users:,} users and sessions",
        f"≥ {1 - MOST_LOSS:.2f} of with {FEW:,} and {FEW_SESSIONS:,}",
        f"{ratio:.2f}", ratio >= 1 - MOST_LOSS, behind,
    )  # fmt: skip


def _by_turns(copies, rounds, ask):
    """What ask(copy) found, for each copy; the first round is for the caches."""
    found = [[] for _ in copies]
    for number in range(rounds + 1):
        for index in (0, 1) if number % 2 else (1, 0):
            result = ask(copies[index])
            if number:
                found[index].append(result)
    return found


def _requests(kind, path, options):
    count = REFRESHED if kind == "refresh" else ACTIVE

    def ask(copy):
        tokens = copy.tokens(kind, count)
        url = f"http://127.0.0.1:{copy.edge.port}{path}"
        lua_kind = "refresh" if kind == "refresh" else "bearer"
        return Wrk(url, tokens, lua_kind, options.seconds).result()

    return ask


def _logins(options):
    def ask(copy):
        bodies = copy.logins()
        offset = copy.service.logs.size(WORKER)
        url = f"http://127.0.0.1:{copy.edge.port}/auth/login"
        Wrk(url, bodies, "body", options.seconds, connections=LOGIN_CONNECTIONS).result()
        return {"overhead_ms": copy.overhead_ms(offset)}

    return ask
