# SPDX-License-Identifier: Apache-2.0
"""Tokens as a client sees them, and tokens that no honest server made."""

import base64
import hashlib
import hmac
import json
import time

import jwt

from . import secrecy


def header_of(token):
    return jwt.get_unverified_header(token)


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign_raw(header, payload, key, digest=hashlib.sha256):
    """Signs bytes that need not be JSON; `header` and `payload` may be objects or bytes."""
    encoded = [
        base64url(part if isinstance(part, bytes) else json.dumps(part).encode())
        for part in (header, payload)
    ]
    signed = ".".join(encoded)
    mac = hmac.new(key.encode() if isinstance(key, str) else key, signed.encode(), digest).digest()
    return secrecy.remember_token(f"{signed}.{base64url(mac)}")


class Mint:
    """Makes tokens with the service's own key, from the claims and header of an honest one."""

    def __init__(self, key, token):
        self.key = key
        self.header = header_of(token)
        self.claims = claims_of(token)

    def token(self, changes=None, without=(), header=None, key=None, algorithm="HS256"):
        claims = {name: value for name, value in self.claims.items() if name not in without}
        claims.update(changes or {})
        extra = {name: value for name, value in self.header.items() if name not in ("alg", "typ")}
        extra.update(header or {})
        made = jwt.encode(claims, key or self.key, algorithm=algorithm, headers=extra)
        return secrecy.remember_token(made)

    def expired(self, ago_s=60):
        now = int(time.time())
        return self.token({"iat": now - ago_s - 60, "exp": now - ago_s})

    def unsigned(self, algorithm):
        header = dict(self.header, alg=algorithm)
        parts = [base64url(json.dumps(part).encode()) for part in (header, self.claims)]
        return secrecy.remember_token(".".join(parts) + ".")
