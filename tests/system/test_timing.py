# SPDX-License-Identifier: Apache-2.0
"""Whoever may not log in learns nothing of why: the same body, the same headers, the same time.

The time is measured by the client (on a machine that is too busy for that, by what the workers do), against a service
whose hashes take some ten milliseconds: the rest of a login is then no more than a tenth of the answer. Every request
is for a user of its own.
"""

import json
import random

import pytest

from latchkey_testkit import timing
from latchkey_testkit.accounts import Account
from latchkey_testkit.client import Client, RawSession, raw_request

LEAST_ROUNDS = 100
MOST_ROUNDS = USERS = 200

# Another program's hashes of "password": bcrypt far below the cost of the services here, argon2id of 256 KiB.
OTHER_BCRYPT = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
OTHER_ARGON2ID = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"

SCHEMES = {
    "bcrypt": {"BCRYPT_ROUNDS": "8"},
    "argon2id": {"PASSWORD_HASH": "argon2id", "ARGON2_MEMORY": "8192", "ARGON2_PASSES": "2"},
}

KINDS = {  # name: (stored hash, or None for a good one, is the user active?)
    "wrong": (None, True),
    "inactive": (None, False),
    "corrupt": ("*0", True),
    "damaged": ("$2b$08$short", True),
    "too-costly": ("$argon2id$v=19$m=4194304,t=9,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", True),
    "cheap-bcrypt": (OTHER_BCRYPT, True),
    "cheap-argon2id": (OTHER_ARGON2ID, True),
    "too-long": (None, True),
}


def username(kind, number):
    return f"timing-{kind}-{number}"


def make_users(service, kind, stored, is_active, count=USERS):
    service.query(
        "INSERT INTO latchkey.users (username, email, password_hash, is_active)"
        " SELECT name, name || '@example.com', %s, %s"
        " FROM (SELECT 'timing-' || %s || '-' || i AS name FROM generate_series(0, %s) AS i) AS names"
        " ON CONFLICT (lower(username)) DO UPDATE SET password_hash = EXCLUDED.password_hash RETURNING 1",
        (stored, is_active, kind, count - 1),
    )


def good_hash(service):
    """A hash of the service's own scheme and cost."""
    account = Account(Client(service))
    [(stored,)] = service.query("SELECT password_hash FROM latchkey.users WHERE id = %s", (account.id,))
    return stored


def login_body(kind, number):
    password = "wrong" * 1000 if kind.endswith("too-long") else "wrong-password"
    return {"username": username(kind, number), "password": password}


@pytest.fixture(scope="module", params=SCHEMES)
def service(request, spare):
    with spare(settings={**SCHEMES[request.param], "LOG_LEVEL": "WARNING"}) as running:
        stored = good_hash(running)
        for kind, (other, is_active) in KINDS.items():
            make_users(running, kind, other or stored, is_active)
        with timing.preferred(running.worker_pids("hash")):
            yield running


@pytest.fixture
def ask(service):
    """ask(kind, number): a login over one kept connection, with as little of ours around it as can be."""
    session = RawSession(service)
    headers = [("Content-Type", "application/json")]

    def log_in(kind, number):
        body = json.dumps(login_body(kind, number)).encode()
        return session.exchange(raw_request("POST", "/auth/login", headers, body))

    return log_in


UNKNOWN = ("unknown", "unknown-too-long")


def test_every_refusal_looks_the_same(service, client):
    """Byte for byte, but for what names the request and the time."""
    looks = {}
    for kind in (*KINDS, *UNKNOWN):
        reply = client.post("/auth/login", login_body(kind, 0))
        body = reply.expect_problem(401, "INVALID_CREDENTIALS")
        headers = [pair for pair in reply.header_pairs if pair[0] not in ("x-request-id", "date")]
        text = reply.text.replace(body["timestamp"], "TIME").replace(body["request_id"], "ID")
        looks[kind] = (reply.status, headers, text)
    assert all(look == looks["wrong"] for look in looks.values()), looks


@pytest.mark.slow
def test_every_refusal_takes_the_same_time(service, ask, record_property):
    kinds = {kind: lambda number, kind=kind: ask(kind, number) for kind in (*KINDS, *UNKNOWN)}
    ratios = timing.compare(kinds, "wrong", service.worker_pids("hash"), LEAST_ROUNDS, MOST_ROUNDS)
    for kind, ratio in ratios.items():
        record_property(kind, repr(ratio))
    assert not {kind: ratio for kind, ratio in ratios.items() if not ratio.is_one}


@pytest.mark.slow
def test_a_leak_would_be_found(service, ask, record_property):
    """The canary: a stored hash that is costlier than the settings takes longer until its owner logs in
    (docs/passwords.md), twice as long under bcrypt, and under argon2id by an eighth."""
    costlier = {
        "$2b$": OTHER_BCRYPT.replace("$05$", "$09$"),
        "$arg": OTHER_ARGON2ID.replace("m=256,t=2", "m=9216,t=2"),
    }[good_hash(service)[:4]]
    make_users(service, "costlier", costlier, True)
    kinds = {kind: lambda number, kind=kind: ask(kind, number) for kind in ("wrong", "costlier")}
    ratios = timing.compare(kinds, "wrong", service.worker_pids("hash"), LEAST_ROUNDS, MOST_ROUNDS)
    record_property("costlier", repr(ratios["costlier"]))
    assert ratios["costlier"].is_more, ratios


@pytest.mark.parametrize(
    ("slower", "noise", "is_one", "is_more"),
    [(1.0, 0.03, True, False), (1.01, 0.03, True, False), (1.05, 0.03, False, True), (1.0, 0.5, False, False)],
)
def test_the_statistics_can_tell(slower, noise, is_one, is_more):
    """Times as they come, with a long tail of waiting: five hundredths are found among a few hundred, none are
    found where there are none, and where the noise hides them nothing is said to be the same."""
    generator = random.Random(1)
    times = [[1 + generator.expovariate(1 / noise) for _ in range(MOST_ROUNDS)] for _ in range(2)]
    ratio = timing.Ratio([slower * each for each in times[0]], times[1], "made up")
    assert (ratio.is_one, ratio.is_more) == (is_one, is_more), ratio
