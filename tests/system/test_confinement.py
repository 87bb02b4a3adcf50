# SPDX-License-Identifier: Apache-2.0
"""What a process shows of its secrets, and what it has given up. The filter of system calls itself is
tried call by call in tests/unit/process/confinement_test.cpp."""

import os
import secrets
import signal

import pytest

from latchkey_testkit import memory, secrecy
from latchkey_testkit.accounts import Account, registration
from latchkey_testkit.client import Client
from latchkey_testkit.service import BUILD
from latchkey_testkit.waiting import wait_until

hardened = pytest.mark.skipif(BUILD != "release", reason="only the release build is hardened")
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root may look into the processes")

# No more than 15 bytes fit into a std::string itself, which then lies on the stack.
SHORT, LONG = 12, 40
PIECE = 12


@pytest.fixture(scope="module")
def service(spare):
    with spare(settings={}) as running:
        # What the file has, now in the environment, as a container would be given it.
        generated = running.generated_settings()
        running.settings.update(
            JWT_SECRET_KEY=secrecy.remember(secrets.token_hex(32)),
            DATABASE_URL=generated["DATABASE_URL"],
            ADMIN_DATABASE_URL=generated["ADMIN_DATABASE_URL"],
        )
        running.restart()
        yield running


def processes_of(service):
    return [service.supervisor_pid(), *service.worker_pids()]


def secrets_of(service):
    names = ("JWT_SECRET_KEY", "DATABASE_URL", "ADMIN_DATABASE_URL")
    return [service.settings[name].encode() for name in names]


def fresh_password(length):
    return secrecy.remember(f"Pw1-{secrets.token_hex(length)}"[:length])


@as_root
def test_no_secret_in_the_environment(service, client):
    def nothing_is_shown():
        """A worker that has just been started still shows what it was given."""
        shown = [memory.environment(pid) for pid in processes_of(service)]
        assert all(b"PATH=" in text for text in shown), "nothing of the environment can be read"
        return not any(secret in text for text in shown for secret in secrets_of(service))

    def look():
        wait_until(nothing_is_shown, "every process to hide its secrets")

    look()
    service.roll()
    look()
    os.kill(service.supervisor_pid(), signal.SIGTTIN)
    service.wait_for_workers("api", 3)
    look()
    os.kill(service.supervisor_pid(), signal.SIGTTOU)
    service.wait_for_workers("api", 2)
    # They have them all the same.
    Account(client).session.assert_lives()


@hardened
def test_workers_are_confined(service):
    for pid in service.worker_pids():
        status = memory.status(pid)
        assert status["NoNewPrivs"] == "1"
        assert status["Seccomp"] == "2", "no filter of system calls"


@as_root
def test_no_core_files(service):
    for pid in processes_of(service):
        assert memory.limit(pid, "Max core file size") == ["0", "0"]


def wrong_json(client, password):
    body = f'{{"username":"nobody","password":"{password}",}}'
    client.post("/auth/login", body=body, headers={"Content-Type": "application/json"}).expect(400)


@as_root
@pytest.mark.skipif(
    BUILD == "asan", reason="the sanitizer keeps the environment; test_purge looks for what comes from the file"
)
def test_workers_do_not_keep_the_administrators_secret(service):
    url = service.settings["ADMIN_DATABASE_URL"]
    password = url.partition("@")[0].rpartition(":")[2].encode()
    assert len(password) > 20
    for pid in service.worker_pids():
        assert memory.places_of(pid, password) == [], f"in process {pid}"


@hardened
@as_root
@pytest.mark.parametrize("length", [SHORT, LONG])
def test_no_password_stays_in_memory(service, client, length):
    """After the answer no worker holds the password, in whatever way it came and went."""
    first, second, wrong = (fresh_password(length) for _ in range(3))
    account = Account(client, password=first)
    account.login().expect(200)
    account.login(wrong).expect(401)
    client.post("/auth/login", form={"username": account.username, "password": first}).expect(200)
    wrong_json(client, wrong)
    client.post("/auth/register", registration(password=wrong, email="none")).expect(400)
    client.put(
        "/users/me/password",
        {"current_password": first, "new_password": second},
        token=account.session.access_token,
    ).expect(204)
    account.login(second).expect(200)
    for pid in service.worker_pids():
        assert memory.places_of(pid, service.settings["JWT_SECRET_KEY"].encode()), "a search that finds nothing"
        for password in (first, second, wrong):
            # The heap writes over the first 16 bytes of what is freed, so the end of it is enough.
            piece = password[-PIECE:].encode()
            assert memory.places_of(pid, piece) == [], f"in process {pid}"
