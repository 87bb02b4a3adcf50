# SPDX-License-Identifier: Apache-2.0
"""FastAPI with asyncpg, which keeps statements prepared by itself, PyJWT and ujson."""

import datetime
import os
import secrets
import time
import uuid

import asyncpg
import jwt
from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import UJSONResponse
from pydantic import BaseModel

ISSUER = "peer"
KEY = os.environ["JWT_SECRET_KEY"]
ACCESS_SECONDS = 1800
REFRESH_SECONDS = 604_800

USER_COLUMNS = "u.id, u.email, u.username, u.is_active, u.created_at, u.updated_at, u.last_login"
ME = f"""SELECT {USER_COLUMNS} FROM sessions s JOIN users u ON u.id = s.user_id
  WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > now()"""
LOCK = f"""SELECT t.used_at IS NOT NULL AS is_used, t.session_id, {USER_COLUMNS}
  FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
  WHERE t.id = $1 AND s.id = $2 AND t.expires_at > now()
    AND s.revoked_at IS NULL AND s.expires_at > now() FOR UPDATE OF t"""
USE = "UPDATE refresh_tokens SET used_at = now() WHERE id = $1"
ADD = """INSERT INTO refresh_tokens (id, session_id, expires_at)
  VALUES ($1, $2, now() + interval '7 days')"""
REVOKE = "UPDATE sessions SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL"

app = FastAPI(openapi_url=None)


class Connection(asyncpg.Connection):
    async def reset(self, *, timeout=None):
        """A round trip less for each request: nothing here leaves a setting or a lock behind."""
        if self.is_in_transaction():
            await super().reset(timeout=timeout)


class RefreshBody(BaseModel):
    refresh_token: str


@app.on_event("startup")
async def open_pool():
    app.state.pool = await asyncpg.create_pool(
        min_size=0,
        max_size=int(os.environ["POOL_SIZE"]),
        max_queries=10**9,
        max_inactive_connection_lifetime=0,
        connection_class=Connection,
    )


# --- what is answered ------------------------------------------------------------------------------


def time_text(moment):
    return moment and f"{moment.isoformat(timespec='milliseconds')[:23]}Z"


def user_of(row):
    return {
        "id": row["id"],
        "email": row["email"],
        "username": row["username"],
        "is_active": row["is_active"],
        "created_at": time_text(row["created_at"]),
        "updated_at": time_text(row["updated_at"]),
        "last_login": time_text(row["last_login"]),
    }


def verified(token, kind):
    try:
        claims = jwt.decode(token, KEY, algorithms=["HS256"], issuer=ISSUER)
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "TOKEN_INVALID") from error
    if claims["type"] != kind:
        raise HTTPException(401, "TOKEN_INVALID")
    return claims


def signed(row, session, jti, kind, lifetime):
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": str(row["id"]), "sid": session, "jti": jti}
    return jwt.encode({**claims, "iat": now, "exp": now + lifetime, "type": kind}, KEY, "HS256")


# --- the requests ----------------------------------------------------------------------------------


@app.get("/health")
async def health():
    now = datetime.datetime.now(datetime.timezone.utc)
    return UJSONResponse({"status": "healthy", "timestamp": time_text(now)})


@app.get("/users/me")
async def me(authorization: str = Header("")):
    if not authorization.startswith("Bearer "):
        raise HTTPException(401, "NOT_AUTHENTICATED")
    claims = verified(authorization[7:], "access")
    row = await app.state.pool.fetchrow(ME, claims["sid"], int(claims["sub"]))
    if row is None:
        raise HTTPException(401, "TOKEN_REVOKED")
    if not row["is_active"]:
        raise HTTPException(403, "USER_INACTIVE")
    return UJSONResponse(user_of(row))


@app.post("/auth/refresh")
async def refresh(body: RefreshBody):
    claims = verified(body.refresh_token, "refresh")
    following = str(uuid.uuid4())
    row = await rotated(claims, following)
    if row is None or row["is_used"]:
        raise HTTPException(401, "TOKEN_REVOKED")
    if not row["is_active"]:
        raise HTTPException(403, "USER_INACTIVE")
    session = claims["sid"]
    answer = {
        "access_token": signed(row, session, secrets.token_urlsafe(16), "access", ACCESS_SECONDS),
        "refresh_token": signed(row, session, following, "refresh", REFRESH_SECONDS),
        "token_type": "bearer",
        "expires_in": ACCESS_SECONDS,
        "refresh_expires_in": REFRESH_SECONDS,
        "user": user_of(row),
    }
    return UJSONResponse(answer, headers={"Cache-Control": "no-store"})


async def rotated(claims, following):
    async with app.state.pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(LOCK, claims["jti"], claims["sid"])
        if row and row["is_used"]:
            await connection.execute(REVOKE, row["session_id"])
        elif row and row["is_active"]:
            await connection.execute(USE, claims["jti"])
            await connection.execute(ADD, following, row["session_id"])
    return row
