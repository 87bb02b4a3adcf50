# SPDX-License-Identifier: Apache-2.0
"""The tables of one peer, in a database of its own, and the sessions that it is asked for."""

import base64
import collections
import hashlib
import hmac
import secrets
import time
import urllib.parse
import uuid

import jwt
import psycopg2

from sides import HERE

ISSUER = "peer"
ACCESS_S = 1800
REFRESH_S = 604_800

Session = collections.namedtuple("Session", "access_token refresh_token")


class Database:
    TABLES = "tables.sql"
    FILL = """
    INSERT INTO users (email, username, password_hash)
    SELECT 'filled' || n || '@example.com', 'filled' || n, repeat('x', 60)
      FROM generate_series(1, {users}) AS n;
    INSERT INTO sessions (id, user_id, expires_at, ip, user_agent)
    SELECT gen_random_uuid(), id, now() + interval '7 days', '192.0.2.1', 'Mozilla/5.0 (X11; Linux)'
      FROM users ORDER BY random();
    INSERT INTO refresh_tokens (id, session_id, expires_at)
    SELECT gen_random_uuid(), id, expires_at FROM sessions;
    """
    OPEN = """
    WITH new_user AS (
      INSERT INTO users (email, username, password_hash, last_login)
      VALUES (%(name)s || '@example.com', %(name)s, repeat('x', 60), now()) RETURNING id
    ), new_session AS (
      INSERT INTO sessions (id, user_id, expires_at, ip, user_agent)
      SELECT %(session)s, id, now() + interval '7 days', '127.0.0.1', 'wrk' FROM new_user
      RETURNING id, user_id
    ), new_token AS (
      INSERT INTO refresh_tokens (id, session_id, expires_at)
      SELECT %(token)s, id, now() + interval '7 days' FROM new_session
    )
    SELECT user_id FROM new_session
    """

    def __init__(self, service, name, users):
        self._name = f"peer_{name.lower().replace('-', '_')}"
        self._host = psycopg2.extensions.parse_dsn(service.owner_dsn())["host"]
        self._key, self._password = secrets.token_hex(32), secrets.token_hex(16)
        self._make(service)
        self._connection = self._connect(self._name, user=self._name, password=self._password)
        self._run((HERE / "peers" / self.TABLES).read_text(encoding="utf-8"))
        self._run(self.FILL.format(users=users))
        # Plans would be those of empty tables.
        self._run("ANALYZE")

    def environment(self):
        return {
            "PGHOST": self._host,
            "PGDATABASE": self._name,
            "PGUSER": self._name,
            "PGPASSWORD": self._password,
            "JWT_SECRET_KEY": self._key,
        }

    def open_session(self):
        names = {name: str(uuid.uuid4()) for name in ("name", "session", "token")}
        user_id = self._run(self.OPEN, names)
        access, refresh = secrets.token_urlsafe(16), names["token"]
        return Session(
            self._signed(user_id, names["session"], access, "access", ACCESS_S),
            self._signed(user_id, names["session"], refresh, "refresh", REFRESH_S),
        )

    def close(self):
        self._connection.close()

    def _make(self, service):
        passwords = str(service.state_dir / "pgpass")
        owner = self._connect("postgres", user="postgres", passfile=passwords)
        with owner.cursor() as cursor:
            cursor.execute(f"CREATE ROLE {self._name} LOGIN PASSWORD %s", (self._password,))
            cursor.execute(f"CREATE DATABASE {self._name} OWNER {self._name}")
        owner.close()

    def _connect(self, database, **who):
        connection = psycopg2.connect(host=self._host, dbname=database, **who)
        connection.autocommit = True
        return connection

    def _run(self, statement, parameters=None):
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchone()[0] if cursor.description else None

    def _signed(self, user_id, session, jti, kind, lifetime_s):
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": str(user_id), "sid": session, "jti": jti}
        claims |= {"iat": now, "exp": now + lifetime_s, "type": kind}
        return jwt.encode(claims, self._key, "HS256")


class BetterAuthDatabase(Database):
    """Its token is the value of a cookie: a random text, and the HMAC of that."""

    TABLES = "better_auth.sql"
    FILL = """
    INSERT INTO "user" ("id", "name", "email", "emailVerified")
    SELECT md5('user' || n), 'filled' || n, 'filled' || n || '@example.com', true
      FROM generate_series(1, {users}) AS n;
    INSERT INTO "session" ("id", "expiresAt", "token", "updatedAt", "ipAddress", "userAgent", "userId")
    SELECT md5('session' || "id"), now() + interval '7 days', md5('token' || "id"), now(),
           '192.0.2.1', 'Mozilla/5.0 (X11; Linux)', "id"
      FROM "user" ORDER BY random();
    """
    OPEN = """
    WITH new_user AS (
      INSERT INTO "user" ("id", "name", "email", "emailVerified")
      VALUES (%(user)s, %(user)s, %(user)s || '@example.com', true) RETURNING "id"
    )
    INSERT INTO "session" ("id", "expiresAt", "token", "updatedAt", "ipAddress", "userAgent", "userId")
    SELECT %(session)s, now() + interval '7 days', %(token)s, now(), '127.0.0.1', 'wrk', "id" FROM new_user
    """

    def open_session(self):
        names = {name: secrets.token_urlsafe(24) for name in ("user", "session", "token")}
        self._run(self.OPEN, names)
        token = names["token"]
        mac = hmac.new(self._key.encode(), token.encode(), hashlib.sha256).digest()
        return Session(urllib.parse.quote(f"{token}.{base64.b64encode(mac).decode()}", safe=""), None)
