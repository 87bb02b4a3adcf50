# SPDX-License-Identifier: Apache-2.0
"""People who log in or register, each from an address of his own, one request after another."""

import http.client
import json
import os
import threading
import time

REST_AFTER_REFUSAL_S = 0.1


class Guests:
    """A context manager. `body_of` makes the body of each request."""

    def __init__(self, port, path, body_of, count):
        self._port = port
        self._path = path
        self._body_of = body_of
        self._end = threading.Event()
        self._answers = []  # when, status, how long; list.append needs no lock
        self._threads = [
            threading.Thread(target=self._run, args=(f"127.0.2.{number + 1}",))
            for number in range(count)
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        for thread in self._threads:
            thread.join(timeout=60)
            assert not thread.is_alive()

    def answers(self, since_s, until_s):
        """(status, seconds) of those that came within the time."""
        return [
            (status, elapsed_s)
            for at_s, status, elapsed_s in list(self._answers)
            if since_s <= at_s < until_s
        ]

    def rate(self, seconds):
        """Those let in a second, from now on."""
        since_s = time.monotonic()
        time.sleep(seconds)
        answers = self.answers(since_s, since_s + seconds)
        return sum(status < 300 for status, _ in answers) / seconds

    def _run(self, address):
        # On this machine they come last; in life they are on others.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
        connection = http.client.HTTPConnection(
            "127.0.0.1", self._port, timeout=60, source_address=(address, 0)
        )
        while not self._end.is_set():
            started_s = time.monotonic()
            connection.request(
                "POST", self._path, json.dumps(self._body_of()), {"Content-Type": "application/json"}
            )
            response = connection.getresponse()
            response.read()
            ended_s = time.monotonic()
            self._answers.append((ended_s, response.status, ended_s - started_s))
            if response.status in (429, 503):
                self._end.wait(REST_AFTER_REFUSAL_S)
            elif response.status >= 300:
                raise SystemExit(f"{self._path}: {response.status}")
        connection.close()


def logs_in(account):
    body = {"username": account.username, "password": account.password}
    return lambda: body


def registers():
    count = 0
    lock = threading.Lock()

    def body():
        nonlocal count
        with lock:
            count += 1
            name = f"guest{os.getpid()}n{count}"
        return {"email": f"{name}@example.com", "username": name, "password": "correct horse 42"}

    return body
