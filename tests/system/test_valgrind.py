# SPDX-License-Identifier: Apache-2.0
"""Workers under valgrind's memcheck, for what AddressSanitizer does not see: values that nobody has set,
also inside libraries of the system. Every kind of request once, then an orderly end without an error."""

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess

import pytest

from latchkey_testkit.accounts import registration
from latchkey_testkit.service import FAST_SETTINGS, ROOT
from latchkey_testkit.site import packaged_site
from latchkey_testkit.waiting import wait_until

PROGRAM = ROOT / "build/debug/latchkey"
VALGRIND = "valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite --track-origins=yes"
# Twenty to fifty times slower, and with a shadow of all memory.
SETTINGS = {**FAST_SETTINGS, "DATABASE_TIMEOUT": "20s", "WORKER_TIMEOUT": "60s", "WORKER_MEMORY_MAX": "16384"}
START_S = 120
END_S = 120


class Worker:
    """`latchkey worker POOL` with a socket of its own in `folder`."""

    def __init__(self, pool, folder, config):
        self.report = folder / f"{pool}.valgrind"
        self.log = folder / f"{pool}.log"
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(folder / f"{pool}.sock"))
        listening.listen(64)
        environment = {
            **SETTINGS, "PATH": os.environ["PATH"], "RUNTIME_DIR": str(folder), "LISTEN_FDS": "1", "LISTEN_FDNAMES": pool,
        }
        # LISTEN_PID is the worker's own; valgrind does not change it. The socket becomes descriptor 3.
        line = (
            f"exec 3<&{listening.fileno()} {listening.fileno()}<&-; LISTEN_PID=$$ exec {VALGRIND}"
            f" --log-file={self.report} {PROGRAM} worker {pool} --config {config}"
        )
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["/bin/bash", "-c", line], env=environment, pass_fds=[listening.fileno()], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
            )
        listening.close()

    def end(self):
        """Its exit status: 0, or 99 where valgrind has found something."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(END_S)


class Client:
    def __init__(self, port):
        self.port = port

    def __call__(self, method, path, status, body=None, token=None, **headers):
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        if token:
            headers["Authorization"] = f"Bearer {token}"
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=120, context=context)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == status, (method, path, answer.status, text)
            return json.loads(text) if text and text[:1] == b"{" else {}


@pytest.fixture
def workers(service, tmp_path):
    subprocess.run([ROOT / "dev/build", "debug"], env={**os.environ, "PAGES": "no"}, check=True, timeout=3000)
    tmp_path.chmod(0o711)
    config = service.state_dir / "latchkey.env"
    started = [Worker(pool, tmp_path, config) for pool in ("api", "hash")]
    try:
        yield started
    finally:
        for worker in started:
            if worker.process.poll() is None:
                worker.process.kill()
                worker.process.wait()


def one_of_each(ask):
    """Every endpoint, well and badly."""
    for path in ("/", "/health", "/readiness", "/metrics", "/api/v1/health"):
        ask("GET", path, 200)
    ask("GET", "/nothing", 404)
    ask("PUT", "/auth/login", 405)
    ask("OPTIONS", "/users/me", 204, Origin="https://app.example.com")
    body = registration()
    tokens = ask("POST", "/auth/register", 201, body)
    ask("POST", "/auth/register", 409, body)
    ask("POST", "/auth/register", 400, {"email": "x", "username": "\u00e4", "password": "short"})
    ask("POST", "/auth/login", 400, '{"a":[[[[', **{"Content-Type": "application/json"})
    ask("POST", "/auth/login", 415, "x", **{"Content-Type": "text/plain"})
    credentials = {"username": body["username"], "password": body["password"]}
    ask("POST", "/auth/login", 401, {**credentials, "password": "wrong password"})
    ask("POST", "/auth/login", 401, {"username": "nobody-" + body["username"], "password": "wrong password"})
    form = f"username={body['username']}&password={body['password']}"
    tokens = ask("POST", "/auth/login", 200, form, **{"Content-Type": "application/x-www-form-urlencoded"})
    tokens = ask("POST", "/auth/refresh", 200, {"refresh_token": tokens["refresh_token"]})
    ask("POST", "/auth/refresh", 401, {"refresh_token": tokens["refresh_token"][:-2]})
    access = tokens["access_token"]
    for path, status in (("/users/me", 200), ("/auth/sessions", 200), ("/auth/verify", 204)):
        ask("GET", path, status, token=access)
        ask("GET", path, 401, token=access[:-3])
        ask("GET", path, 401)
    ask("PATCH", "/users/me", 200, {"username": body["username"] + "x"}, token=access)
    new = {"current_password": body["password"], "new_password": body["password"] + "2"}
    ask("PUT", "/users/me/password", 204, new, token=access)
    ask("POST", "/auth/logout", 200, {"refresh_token": tokens["refresh_token"]})
    tokens = ask("POST", "/auth/login", 200, {"username": body["email"], "password": new["new_password"]})
    ask("POST", "/auth/logout-all", 200, token=tokens["access_token"])
    tokens = ask("POST", "/auth/login", 200, {"username": body["email"], "password": new["new_password"]})
    ask("DELETE", "/users/me", 204, token=tokens["access_token"])


@pytest.mark.slow
def test_no_error_in_any_request(workers, tmp_path_factory, tmp_path):
    with packaged_site(tmp_path_factory.mktemp("site"), tmp_path) as port:
        ask = Client(port)

        def serves():
            with contextlib.suppress(AssertionError):
                return ask("GET", "/health", 200)

        wait_until(serves, "a worker under valgrind", START_S)
        for worker in workers:
            assert "memcheck" in os.readlink(f"/proc/{worker.process.pid}/exe"), "valgrind does not look on"
        one_of_each(ask)
    for worker in workers:
        status = worker.end()
        assert status == 0, worker.report.read_text()[-8000:] + worker.log.read_text()[-2000:]
