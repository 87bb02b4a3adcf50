# SPDX-License-Identifier: Apache-2.0
"""A bounded load: threads, each with a client of its own, that repeat a step until told to stop.

Every answer is recorded, with the time it took as the client saw it, and has passed
`problem.check_reply`. What never got an answer is recorded too. Python is slow and shares the
machine with the service, so claims about milliseconds are measured by nginx (`access_times`).
"""

import contextlib
import http.client
import itertools
import json as json_module
import math
import os
import socket
import ssl
import threading
import time
from dataclasses import dataclass

from . import problem, secrecy
from .accounts import registration
from .client import TIMEOUT_S, Reply, note_tokens, raw_request, tls_context
from .logs import ACCESS
from .waiting import wait_until

# What one thread rests after an answer: the load is to be steady, not to eat the machine.
PAUSE_S = 0.02

USER_AGENT = "latchkey-load"


class NoAnswer(Exception):
    """The connection ended before the whole answer was there."""


@dataclass(frozen=True)
class Answer:
    kind: str  # "GET /users/me"
    started_s: float  # of time.monotonic()
    elapsed_s: float
    status: int  # 0: no answer
    code: str = ""  # of a problem; without an answer what happened
    retry_after_s: int = 0
    was_repeated: bool = False

    def __str__(self):
        return f"{self.kind} -> {self.status} {self.code} after {self.elapsed_s:.2f} s"

    @property
    def ended_s(self):
        return self.started_s + self.elapsed_s

    @property
    def is_good(self):
        return 200 <= self.status < 300


class LoadClient:
    """HTTP/1.1 over TLS, as lean as it gets, and no more patient than a browser.

    With `keep_alive`, one connection is kept. A request that was sent on a connection which had
    answered before, and which then ended without a byte, is repeated once on a new one (RFC 9112,
    9.3.1: the server may close an idle connection at any time). Nothing else is ever repeated.
    """

    def __init__(self, service, record, *, keep_alive=True, source="127.0.0.1", context=None):
        self.service = service
        self.keep_alive = keep_alive
        self.source = source
        self._record = record
        self._context = context or tls_context(service)
        self._connection = None

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def request(self, method, path, *, json=None, token=None):
        """The reply, or None when there was none."""
        headers = [("User-Agent", USER_AGENT)]
        body = b""
        if json is not None:
            headers.append(("Content-Type", "application/json"))
            body = json_module.dumps(json).encode()
        elif method == "POST":
            headers.append(("Content-Length", "0"))
        if token is not None:
            secrecy.remember_token(token)
            headers.append(("Authorization", f"Bearer {token}"))
        if not self.keep_alive:
            headers.append(("Connection", "close"))
        data = raw_request(method, path, headers, body)

        kind = f"{method} {path}"
        started_s = time.monotonic()
        repeated = False
        try:
            reply, repeated = self._exchange(data, method, path)
        except (OSError, http.client.HTTPException, NoAnswer) as error:
            self.close()
            what = f"{type(error).__name__}: {error}"
            self._record(Answer(kind, started_s, time.monotonic() - started_s, 0, what))
            return None
        elapsed_s = time.monotonic() - started_s
        problem.check_reply(reply)
        note_tokens(reply)
        code = reply.json()["error_code"] if reply.status >= 400 else ""
        retry_after_s = int(reply.header("Retry-After") or 0)
        self._record(
            Answer(kind, started_s, elapsed_s, reply.status, code, retry_after_s, repeated)
        )
        return reply

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, json=None, **options):
        return self.request("POST", path, json=json, **options)

    def _exchange(self, data, method, path):
        if self._connection is not None:
            reply = self._try(data, method, path)
            if reply is not None:
                return reply, False
            self.close()
            repeated = True
        else:
            repeated = False
        with self.service.network():
            plain = socket.create_connection(
                ("127.0.0.1", self.service.https_port), TIMEOUT_S, source_address=(self.source, 0)
            )
        try:
            self._connection = self._context.wrap_socket(plain, server_hostname="localhost")
        except BaseException:
            plain.close()
            raise
        reply = self._try(data, method, path)
        if reply is None:
            raise NoAnswer("a new connection ended without an answer")
        return reply, repeated

    def _try(self, data, method, path):
        """The reply, or None when the connection ended before its first byte."""
        answer = http.client.HTTPResponse(self._connection, method=method)
        with contextlib.closing(answer):
            try:
                self._connection.sendall(data)
                if not answer.fp.peek(1):
                    return None
            except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                return None
            answer.begin()
            reply = Reply(method, path, answer.status, answer.getheaders(), answer.read())
            closes = answer.will_close
        if closes:
            self.close()
        return reply


class Load:
    """A context manager; `steps` are called with a LoadClient, each in a thread of its own. A step
    may return how many seconds it wants to rest."""

    def __init__(
        self,
        service,
        steps,
        *,
        keep_alive=True,
        pause_s=PAUSE_S,
        sources=("127.0.0.1",),
        nice=0,
    ):
        self._nice = nice
        self._answers = []
        self._faults = []
        self._end = threading.Event()
        self._pause_s = pause_s
        context = tls_context(service)
        self._threads = []
        for step, source in zip(steps, itertools.cycle(sources)):
            client = LoadClient(
                service, self._record, keep_alive=keep_alive, source=source, context=context
            )
            self._threads.append(threading.Thread(target=self._run, args=(step, client)))

    def _record(self, answer):
        """Called by every thread: list.append needs no lock."""
        self._answers.append(answer)

    def _run(self, step, client):
        try:
            # Linux has a priority for each thread.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self._nice)
            while not self._end.is_set():
                rest_s = step(client)
                self._end.wait(self._pause_s if rest_s is None else rest_s)
        except BaseException as error:  # told to the test, which is another thread
            self._faults.append(error)
        finally:
            client.close()

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self.stop()
        if error is None:
            self.raise_fault()

    def raise_fault(self):
        """What ended a thread of the load, raised in the test's own."""
        if self._faults:
            raise self._faults[0]

    def stop(self):
        self._end.set()
        for thread in self._threads:
            thread.join(TIMEOUT_S + 10)
            assert not thread.is_alive(), "a thread of the load does not end"

    def answers(self, kind=None, since_s=0.0):
        return [
            answer
            for answer in list(self._answers)
            if answer.started_s >= since_s and kind in (None, answer.kind)
        ]

    def failures(self, since_s=0.0):
        return [answer for answer in self.answers(since_s=since_s) if not answer.is_good]

    def wait_for(self, count, what="answers", since_s=None, good=True, timeout_s=20):
        """Waits for so many (good) answers to requests sent from now on."""
        since_s = time.monotonic() if since_s is None else since_s

        def have_come():
            self.raise_fault()
            return sum(1 for a in self.answers(since_s=since_s) if a.is_good or not good) >= count

        wait_until(have_come, f"{count} {what}", timeout_s)


# --- steps ---------------------------------------------------------------------------------------


def asks_health(client):
    client.get("/health")


def reads(session):
    def step(client):
        client.get("/users/me", token=session.access_token)

    return step


def registers(registered):
    """Registers somebody else each time; the bodies of every 201 go into `registered`."""

    def step(client):
        reply = client.post("/auth/register", registration())
        if reply is not None and reply.status == 201:
            registered.append(reply.json())

    return step


def refreshes(session):
    """Rotates the session's token; keeps the old one when the answer was lost."""

    def step(client):
        reply = client.post("/auth/refresh", {"refresh_token": session.refresh_token})
        if reply is not None and reply.status == 200:
            session.take(reply.json())

    return step


def logs_in(account):
    body = {"username": account.username, "password": account.password}

    def step(client):
        client.post("/auth/login", body)

    return step


# --- figures -------------------------------------------------------------------------------------


def percentile(values, percent):
    """Nearest rank: the smallest value that so many per cent of all do not exceed."""
    ordered = sorted(values)
    assert ordered, "no values"
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def access_lines(logs, offset, method, path):
    """What nginx logged of the load's own requests."""
    _, lines = logs.whole_lines(ACCESS, offset)
    entries = [json_module.loads(line) for line in lines if USER_AGENT in line]
    return [entry for entry in entries if (entry["method"], entry["path"]) == (method, path)]


def access_times(logs, offset, method, path):
    """Seconds from the first byte of each request to the last of its answer, by nginx."""
    return [entry["request_time"] for entry in access_lines(logs, offset, method, path)]
