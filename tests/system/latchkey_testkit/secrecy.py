# SPDX-License-Identifier: Apache-2.0
"""Everything the suite used that must never reach a log.

One set for the whole run. Passwords come from `fresh_password`, tokens are noted by the client,
hashes and keys by the service. What is short or monotonous is left out: it would be found by
chance.
"""

import secrets
import threading

MIN_LENGTH = 10
MIN_DISTINCT = 5

_known = set()
_lock = threading.Lock()


def remember(secret):
    if isinstance(secret, bytes):
        secret = secret.decode("utf-8", "replace")
    if secret and len(secret) >= MIN_LENGTH and len(set(secret)) >= MIN_DISTINCT:
        with _lock:
            _known.add(secret)
    return secret


def remember_token(token):
    """The whole token and its payload and signature: a log that cuts a token still leaks."""
    remember(token)
    for part in token.split(".")[1:]:
        remember(part)
    return token


def known():
    with _lock:
        return sorted(_known)


def fresh_password():
    """Meets every password policy; random, so that it can be searched for."""
    return remember(f"Pw1-{secrets.token_hex(10)}")


def fresh_marker():
    """A value for a query string: query strings are secrets too."""
    return remember(f"marker-{secrets.token_hex(8)}")


def assert_absent(*outputs):
    """No known secret is in what a program has printed."""
    for output in outputs:
        text = output.decode("utf-8", "replace") if isinstance(output, bytes) else output
        for secret in known():
            assert secret not in text, "the output of a program shows a secret"
