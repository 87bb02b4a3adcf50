# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: every worker is replaced by one with the settings of now; bad settings are refused."""

import os
import signal

import pytest

from latchkey_testkit import tokens
from latchkey_testkit.waiting import wait_until


@pytest.fixture(scope="module")
def service(spare):
    with spare(settings={"LOG_LEVEL": "INFO"}) as running:
        yield running


@pytest.fixture
def settings_file(service):
    """The copy's file of settings, as it was before once the test is over."""
    file = service.state_dir / "latchkey.env"
    before = file.read_text()
    yield file
    file.write_text(before)
    roll(service)


def log_lines(service, offset, message):
    return [line for line in service.logs.worker_lines(offset)[1] if line["message"] == message]


def hang_up(service):
    offset = service.logs.size("worker.log")
    os.kill(service.supervisor_pid(), signal.SIGHUP)
    return offset


def roll(service):
    offset = hang_up(service)
    wait_until(lambda: log_lines(service, offset, "rolling restart is complete"), "the roll", 30)


def test_new_settings_reach_every_worker(service, settings_file, account):
    before = service.worker_pids()
    settings_file.write_text(settings_file.read_text() + "JWT_ISSUER=renamed\n")
    roll(service)
    assert not set(before) & set(service.worker_pids())
    for _ in range(2 * service.hash_workers):
        session = account.new_session()
        assert tokens.claims_of(session.access_token)["iss"] == "renamed"
        session.assert_lives()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("CIRCUIT_BREAKER_THRESHOLD=0", "CIRCUIT_BREAKER_THRESHOLD"),
        ("NO_SUCH_SETTING=1", "NO_SUCH_SETTING"),
        ("JWT_SECRET_KEY=short-and-secret", "JWT_SECRET_KEY"),
    ],
)
def test_bad_settings_are_refused(service, settings_file, account, line, reason):
    before = service.worker_pids()
    settings_file.write_text(settings_file.read_text() + line + "\n")
    offset = hang_up(service)
    [refusal] = wait_until(
        lambda: log_lines(service, offset, "rolling restart refused"), "the refusal"
    )
    assert refusal["level"] == "WARNING"
    assert reason in refusal["reason"]
    assert "short-and-secret" not in str(refusal)
    assert service.worker_pids() == before
    account.session.assert_lives()


def test_two_signals_at_once_are_one_or_two_rolls(service, account):
    before = service.worker_pids()
    hang_up(service)
    roll(service)
    wait_until(lambda: not set(before) & set(service.worker_pids()), "new workers")
    account.session.assert_lives()
    account.login().expect(200)
