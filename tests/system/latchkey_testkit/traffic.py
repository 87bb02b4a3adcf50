# SPDX-License-Identifier: Apache-2.0
"""Clients that go on asking while the ground moves: what they were answered and what was promised.

Two answers are right: success, and 503 for the database (whose Retry-After every client checks).
A client that gets another one stops, and its complaint ends the test. With a worker for each thread
no request waits for another one, and the time of an answer is the time that its worker took.
"""

import threading
import time
from dataclasses import dataclass

from .accounts import Account, registration
from .client import Client
from .tokens import claims_of

# After a refusal; the breaker answers in a millisecond, and nobody asks a thousand times a second.
PAUSE_S = 0.05


@dataclass(frozen=True)
class Answer:
    kind: str
    status: int
    code: str
    elapsed_s: float
    ended: float  # on the clock of time.monotonic()

    def __str__(self):
        return f"{self.kind} -> {self.status} {self.code} after {self.elapsed_s:.2f} s"


def session_and_counter(refresh_token):
    """What a refresh token names: the session, and how often it has been refreshed."""
    session_id, _, counter = claims_of(refresh_token)["jti"].rpartition(".")
    return session_id, int(counter)


class Traffic:
    """`with Traffic(service) as traffic`: registrations, refreshes of own sessions, /users/me."""

    def __init__(self, service, registering=2, refreshing=3, looking=2):
        self._service = service
        self._stopping = threading.Event()
        self._threads = []
        self._failures = []
        self.answers = []  # list.append is atomic
        self.registered = []  # the bodies of every 201
        self.refreshing = []  # sessions; each holds the last refresh token that was acknowledged
        for _ in range(registering):
            self._add(self._register)
        for work, count in ((self._refresh, refreshing), (self._look, looking)):
            for _ in range(count):
                session = Account(Client(service)).session
                if work == self._refresh:
                    self.refreshing.append(session)
                self._add(work, session)

    def _add(self, work, *arguments):
        client = Client(self._service)
        self._threads.append(threading.Thread(target=self._go_on, args=(work, client, *arguments)))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=60)
        assert not any(thread.is_alive() for thread in self._threads), "a client never came back"
        self._complain()

    def _complain(self):
        if self._failures:
            raise self._failures[0]

    def _go_on(self, work, client, *arguments):
        try:
            while not self._stopping.is_set():
                kind, reply = work(client, *arguments)
                code = "" if reply.status in (200, 201) else reply.json()["error_code"]
                answer = Answer(kind, reply.status, code, reply.elapsed_s, time.monotonic())
                self.answers.append(answer)
                if code:
                    assert code in ("DATABASE_UNAVAILABLE", "CIRCUIT_OPEN"), reply
                    self._stopping.wait(PAUSE_S)
        except Exception as failure:  # raised by the test's own thread
            self._failures.append(failure)

    def _register(self, client):
        reply = client.post("/auth/register", registration())
        if reply.status == 201:
            self.registered.append(reply.json())
        return "register", reply

    def _refresh(self, client, session):
        reply = client.post("/auth/refresh", {"refresh_token": session.refresh_token})
        if reply.status == 200:
            session.take(reply.json())
        return "refresh", reply

    def _look(self, client, session):
        return "me", client.get("/users/me", token=session.access_token)

    # --- what came of it -----------------------------------------------------------------------

    def successes(self, kind, since=0.0):
        return [
            answer
            for answer in self.answers
            if answer.kind == kind and answer.status < 300 and answer.ended > since
        ]

    def refusals(self):
        return [answer for answer in self.answers if answer.status >= 300]

    def flows(self, since, count=10):
        """Whether everything has been answered `count` times since that moment."""
        self._complain()
        return all(
            len(self.successes(kind, since)) >= count for kind in ("register", "refresh", "me")
        )

    def seconds_back(self, moment):
        """From `moment` until the last refusal, or until the first success of the slowest kind."""
        firsts = [
            min(answer.ended for answer in self.successes(kind, since=moment))
            for kind in ("register", "refresh", "me")
        ]
        lasts = [answer.ended for answer in self.refusals()]
        return max(firsts + lasts) - moment

    def assert_nobody_waited_longer(self, limit_s):
        late = [str(answer) for answer in self.answers if answer.elapsed_s > limit_s]
        assert not late, f"later than {limit_s} s: {late}"

    def assert_kept(self, query):
        """Every acknowledged write is there; `query(statement, parameters)` asks the database."""
        rows = query(
            "SELECT u.id, s.id::text, s.counter FROM latchkey.users u"
            " JOIN latchkey.sessions s ON s.user_id = u.id WHERE s.revoked_at IS NULL",
            (),
        )
        counters = {(user_id, session_id): counter for user_id, session_id, counter in rows}
        promised = {}
        tokens = [(body["user"], body["refresh_token"]) for body in self.registered]
        tokens += [(session.user, session.refresh_token) for session in self.refreshing]
        for user, refresh_token in tokens:
            session_id, counter = session_and_counter(refresh_token)
            promised[user["id"], session_id] = counter
        broken = {
            key: f"{counter} was promised, {counters.get(key, 'no live session')} is there"
            for key, counter in promised.items()
            if counters.get(key, -1) < counter
        }
        assert not broken, f"{len(broken)} of {len(promised)} sessions: {broken}"

        for session in self.refreshing:
            session.refresh_and_take()
            session.assert_lives()

    def __str__(self):
        kinds = ("register", "refresh", "me")
        counts = ", ".join(f"{len(self.successes(kind))} {kind}" for kind in kinds)
        slowest = max((answer.elapsed_s for answer in self.answers), default=0)
        return f"{counts}, {len(self.refusals())} refused, the slowest {slowest:.2f} s"
