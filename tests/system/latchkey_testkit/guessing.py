# SPDX-License-Identifier: Apache-2.0
"""Strangers who guess passwords: each from an address of its own, where nobody has logged in."""

import itertools

from .load import LoadClient
from .secrecy import fresh_password

_strangers = (f"127.0.5.{number}" for number in itertools.cycle(range(1, 255)))


def next_stranger():
    return next(_strangers)


def post(service, source, path, body):
    """On a connection of its own, from that address of this machine."""
    reply = LoadClient(service, lambda answer: None, keep_alive=False, source=source).post(path, body)
    assert reply is not None, "no answer"
    return reply


def guess(service, name, password=None, source=None):
    """One attempt of somebody who does not know the password, unless it is given."""
    body = {"username": name, "password": password or fresh_password()}
    return post(service, source or next_stranger(), "/auth/login", body)
