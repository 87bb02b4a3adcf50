# SPDX-License-Identifier: Apache-2.0
"""The same requests with a thousand users and with very many: two copies by turns, requests spread over
sessions at random."""

import contextlib
import random
import subprocess
import time

from latchkey_testkit.accounts import Account
from latchkey_testkit.client import Client
from latchkey_testkit.service import StateFolder, running
from latchkey_testkit.tokens import Mint

from figures import Figure, median_of, median_ratio
from sides import Edge, Wrk

FEW = 1000
MOST_LOSS = 0.10
SPREAD = 20_000  # sessions that are asked for

SETTINGS = {"BCRYPT_ROUNDS": "4", "RATE_LIMIT_LOGIN": "off", "RATE_LIMIT_REGISTER": "off"}

FILL = """
INSERT INTO latchkey.users (email, username, password_hash)
SELECT 'filled' || n || '@example.com', 'filled' || n, (SELECT password_hash FROM latchkey.users LIMIT 1)
  FROM generate_series(1, {count}) AS n;
INSERT INTO latchkey.sessions (id, user_id, created_at, rotated_at, last_used_at, expires_at, ip, user_agent)
SELECT gen_random_uuid(), id, now(), now(), now(), now() + interval '7 days', '192.0.2.1', 'Mozilla/5.0 (X11; Linux x86_64)'
  FROM latchkey.users WHERE username LIKE 'filled%';
VACUUM ANALYZE latchkey.users, latchkey.sessions;
"""


class Copy:
    def __init__(self, service, folder, users):
        self.service = service
        self.edge = Edge(service, folder / f"edge-{users}", {})
        self._folder = folder / str(users)
        self._folder.mkdir()
        self.account = Account(Client(service))
        subprocess.run(
            ["psql", "-Xqv", "ON_ERROR_STOP=1", service.owner_dsn()],
            input=FILL.format(count=users), text=True, check=True,
        )  # fmt: skip
        self._sessions = service.query(
            "SELECT id::text, user_id FROM latchkey.sessions TABLESAMPLE SYSTEM (%s)"
            " WHERE counter = 0 LIMIT %s",
            (min(100, 100 * 3 * SPREAD / users), SPREAD),
        )
        random.shuffle(self._sessions)
        self._mint = {
            kind: Mint(service.signing_key, getattr(self.account.session, f"{kind}_token"))
            for kind in ("access", "refresh")
        }

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
        for users in (FEW, options.users):
            state = StateFolder()
            stack.callback(state.remove)
            service = stack.enter_context(running(state.path, settings=SETTINGS))
            copies.append(Copy(service, folder, users))
            stack.callback(copies[-1].edge.close)
        for row, path in (("access", "/users/me"), ("refresh", "/auth/refresh")):
            few, many = _by_turns(copies, row, path, options)
            ratio = median_ratio(many, few, "rate")
            behind = f"{median_of(many, 'rate'):,.0f} a second, with few {median_of(few, 'rate'):,.0f}"
            figures.append(
                Figure(
                    f"`{path}`, {options.users:,} users and sessions",
                    f"≥ {1 - MOST_LOSS:.2f} of with {FEW:,}",
                    f"{ratio:.2f}", ratio >= 1 - MOST_LOSS, behind,
                )
            )  # fmt: skip
    return figures


def _by_turns(copies, kind, path, options):
    found = [[] for _ in copies]
    # A refresh uses a session up for the next round.
    counts = (100, 1000) if kind == "refresh" else (FEW // 2, SPREAD // 2)
    for number in range(options.rounds + 1):
        for index in (0, 1) if number % 2 else (1, 0):
            copy = copies[index]
            tokens = copy.tokens(kind, counts[index])
            url = f"http://127.0.0.1:{copy.edge.port}{path}"
            lua_kind = "refresh" if kind == "refresh" else "bearer"
            result = Wrk(url, tokens, lua_kind, options.seconds).result()
            if number:
                found[index].append(result)
    return found
