# SPDX-License-Identifier: Apache-2.0
"""Keys come and go under load: nobody is logged out, and a retired key is good for nothing."""

import os
import shutil
import time

import jwt
import pytest

from latchkey_testkit.accounts import Account
from latchkey_testkit.client import Client
from latchkey_testkit.keys import Keys
from latchkey_testkit.load import Load, reads, refreshes
from latchkey_testkit.logs import WORKER
from latchkey_testkit.tokens import Mint, claims_of, header_of
from latchkey_testkit.waiting import wait_until

API_WORKERS = 4
JWKS = "/.well-known/jwks.json"

# docs/keys.md promises a second; the rest is for a machine with other things to do.
NOTICE_BOUND_S = 3


@pytest.fixture(scope="module")
def service(spare):
    settings = {"JWT_ALGORITHM": "ES256", "LOG_LEVEL": "INFO", "REFRESH_REUSE_LEEWAY": "5m"}
    with spare(settings=settings, api_workers=API_WORKERS) as running:
        yield running


@pytest.fixture
def keys(service):
    return Keys(service)


def uses(session):
    """Refreshes, and uses what came of it."""
    steps = (refreshes(session), reads(session))

    def step(client):
        for each in steps:
            each(client)
        client.get("/auth/verify", token=session.access_token)

    return step


def kids_of(sessions):
    tokens = [token for each in sessions for token in (each.access_token, each.refresh_token)]
    return {header_of(token)["kid"] for token in tokens}


def test_a_rotation_logs_nobody_out(service, keys, record_property):
    old = keys.signing_kid()
    sessions = [Account(Client(service)).session for _ in range(8)]
    witness = Account(Client(service)).session
    with Load(service, map(uses, sessions)) as load:

        def go_on():
            load.wait_for(100)
            assert not load.failures()

        go_on()
        assert kids_of([*sessions, witness]) == {old}
        new = keys.generate()
        # Without a signal, without a restart.
        wait_until(lambda: kids_of(sessions) == {new}, "tokens by the new key", 30)
        go_on()
        witness.assert_lives()  # by the old key
        service.roll()
        go_on()
        witness.assert_lives()
        refused = keys.run("retire", old)
        assert refused.returncode == 65
        assert "are good until" in refused.stderr
        keys.retire(old, "--force")
        go_on()
        service.roll()
        go_on()
    assert not load.failures()
    record_property("answers", len(load.answers()))
    witness.me().expect_problem(401, "TOKEN_INVALID")
    witness.refresh().expect_problem(401, "TOKEN_INVALID")
    assert keys.signing_kid() == new


def test_a_retired_key_is_refused_by_every_worker_in_time(service, keys, client):
    """No signal either: an emergency is no time for a second step."""
    session = Account(client).session
    leaked = keys.signing_kid()
    assert header_of(session.access_token)["kid"] == leaked
    keys.generate()
    keys.retire(leaked, "--force")
    retired_s = time.monotonic()
    last_good_s = retired_s
    refusals = 0
    while time.monotonic() < retired_s + NOTICE_BOUND_S + 1:
        if session.me().status == 200:
            last_good_s = time.monotonic()
            refusals = 0
        else:
            refusals += 1
    assert refusals > 4 * API_WORKERS
    assert last_good_s - retired_s < NOTICE_BOUND_S
    assert leaked not in client.get(JWKS).text


def test_a_key_may_be_published_before_it_signs(service, keys, client):
    signing = keys.signing_kid()
    later = keys.generate("--signs-in", "10m")
    published = wait_until(
        lambda: [key for key in client.get(JWKS).json()["keys"] if key["kid"] == later],
        "the key to be published",
    )
    assert len(published) == 1
    assert header_of(Account(client).session.access_token)["kid"] == signing
    assert {key["kid"]: key["state"] for key in keys.list()}[later] == "not yet"
    keys.retire(later)  # nobody has a token by it


def test_another_node_s_key_verifies_at_once(service, keys, client, tmp_path):
    """A token by a key whose file has just been copied here: the worker looks before it refuses."""
    account = Account(client)
    kid = keys.generate("--signs-in", "10m")
    [file] = [key["file"] for key in keys.list() if key["kid"] == kid]
    shutil.move(keys.folder / file, tmp_path / file)
    token = jwt.encode(
        claims_of(account.session.access_token),
        (tmp_path / file).read_text(),
        algorithm="ES256",
        headers={"kid": kid},
    )
    client.get("/users/me", token=token).expect_problem(401, "TOKEN_INVALID")
    shutil.copyfile(tmp_path / file, keys.folder / ".copy")
    os.chmod(keys.folder / ".copy", 0o640)
    os.rename(keys.folder / ".copy", keys.folder / file)
    for _ in range(4 * API_WORKERS):
        client.get("/users/me", token=token).expect(200)
    keys.retire(kid)


def test_the_only_key_stays(keys):
    for key in keys.of("ES256")[:-1]:
        keys.retire(key["kid"], "--force")
    for options in ((), ("--force",)):
        done = keys.run("retire", keys.signing_kid(), *options)
        assert done.returncode == 65
        assert "only key" in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "mode", "says"),
    [
        ("20260101T000000.000Z-ES256.pem", "no key", 0o640, "no private key"),
        ("20260101T000000.000Z-HS256.key", "A" * 43 + "=\n", 0o644, "chmod 0640"),
        ("mine.pem", "anything", 0o600, "is not named as a key is"),
    ],
)
def test_a_broken_key_stops_nobody_who_works(service, keys, client, name, content, mode, says):
    account = Account(client)
    file = keys.folder / name
    offset = service.logs.size(WORKER)
    file.write_text(content)
    file.chmod(mode)
    try:

        def warnings():
            account.new_session().assert_lives()
            _, lines = service.logs.worker_lines(offset)
            return [line for line in lines if line["logger"] == "latchkey.keys"]

        [warning, *_] = wait_until(warnings, "the warning", 30)
        assert warning["level"] == "WARNING"
        assert says in warning["cause"]
        done = keys.run("list")
        assert done.returncode == 65
        assert says in done.stderr
        # A worker that starts has no keys to keep.
        status = keys.service.config_status()
        assert status.returncode == 78
        assert says in status.stderr
    finally:
        file.unlink()
    account.new_session().assert_lives()


def test_leaving_hs256(service, keys, client):
    """A token by JWT_SECRET_KEY lives on under another algorithm."""
    account = Account(client)
    mint = Mint(service.signing_key, account.session.access_token)
    [secret] = [key["kid"] for key in keys.of("HS256")]
    client.get("/users/me", token=mint.token(header={"kid": secret})).expect(200)
    refused = keys.run("retire", secret)
    assert refused.returncode == 65
    assert "JWT_SECRET_KEY" in refused.stderr
