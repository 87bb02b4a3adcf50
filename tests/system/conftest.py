# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the system tests.

`service` is the copy that a test talks to: one for the whole run, with fast settings. A file that
needs others overrides the fixture `service` with `spare` and its settings; all such copies use one
second state folder, one after the other, so that the database cluster is made only twice.
"""

import contextlib
import pathlib
import tempfile

import pytest

pytest.register_assert_rewrite("latchkey_testkit")

from latchkey_testkit import service as service_module
from latchkey_testkit.accounts import Account
from latchkey_testkit.client import Client, RawSession, close_clients
from latchkey_testkit.logs import Announced
from latchkey_testkit.tokens import Mint
from latchkey_testkit.waiting import WaitedInVain, wait_until

KEPT_FOLDERS = pytest.StashKey[list]()


def _state_folder(request):
    """Removed after a green run; kept, and named at the end, when something failed."""
    folder = service_module.StateFolder()
    yield folder.path
    if request.session.testsfailed == 0:
        folder.remove()
    else:
        request.config.stash.setdefault(KEPT_FOLDERS, []).append(folder.path)


def pytest_terminal_summary(terminalreporter, config):
    for path in config.stash.get(KEPT_FOLDERS, []):
        terminalreporter.write_line(f"logs and data of the failed run: {path}")


@pytest.fixture(scope="session")
def _main_state_dir(request):
    yield from _state_folder(request)


@pytest.fixture(scope="session")
def _spare_state_dir(request):
    yield from _state_folder(request)


@pytest.fixture
def own_state_dir(request):
    """For a test that leaves a database which nobody else can use."""
    yield from _state_folder(request)


@pytest.fixture
def open_folder():
    """A folder that every user may enter: tmp_path is for who runs the tests alone."""
    with tempfile.TemporaryDirectory(prefix="lks-open-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture(scope="session")
def main_service(_main_state_dir):
    settings = {"CORS_ORIGINS": ",".join(service_module.CORS_ORIGINS)}
    with service_module.running(_main_state_dir, settings=settings) as running:
        yield running


@pytest.fixture(scope="session")
def spare(_spare_state_dir):
    """spare(settings={...}, api_workers=…): a context manager; one copy at a time."""
    return lambda **options: service_module.running(_spare_state_dir, **options)


@pytest.fixture(scope="module")
def service(main_service):
    return main_service


@pytest.fixture
def client(service):
    return Client(service)


@pytest.fixture(autouse=True)
def _closed_clients():
    yield
    close_clients()


@pytest.fixture
def raw_session(service):
    return RawSession(service)


@pytest.fixture
def account(client):
    """A user of the test's own."""
    return Account(client)


@pytest.fixture
def mint(service, account):
    """Forges access tokens for `account` with the service's own key."""
    return Mint(service.signing_key, account.session.access_token)


@pytest.fixture
def refresh_mint(service, account):
    return Mint(service.signing_key, account.session.refresh_token)


@pytest.fixture
def expect_errors(_log_guard):
    """expect_errors(pattern): announces a worker log line at ERROR or above; see `Announced`."""
    return _log_guard


@pytest.fixture(autouse=True)
def _log_guard():
    """Fails a test on a malformed worker log line, and on an ERROR that it did not announce."""
    announced = Announced()
    yield announced
    seen = []

    def all_announced_seen():
        for service in service_module.running_services:
            seen.extend(service.severe_lines.read())
        return not announced.missing(seen)

    with contextlib.suppress(WaitedInVain):
        wait_until(all_announced_seen, "the announced errors", 5)
    unannounced = [line for line in seen if not announced.covers(line)]
    assert (
        not unannounced
    ), f"errors in the worker log that the test did not announce: {unannounced}"
    assert not announced.missing(seen), f"announced, but not logged: {announced.missing(seen)}"
