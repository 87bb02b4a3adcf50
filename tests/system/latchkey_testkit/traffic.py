# SPDX-License-Identifier: Apache-2.0
"""A load that goes on while the database moves: what it was answered and what was promised to it.

Two answers are right: success, and 503 for the database. A client that gets another one, or none,
stops, and its complaint ends the test. With a worker for each thread no request waits for another
one, and the time of an answer is the time that its worker took.
"""

from .accounts import Account
from .client import Client
from .load import Load, reads, refreshes, registers
from .tokens import claims_of
from .waiting import wait_until

KINDS = ("POST /auth/register", "POST /auth/refresh", "GET /users/me")


class Traffic(Load):
    """`with Traffic(service) as traffic`: registrations, refreshes of own sessions, /users/me."""

    def __init__(self, service, registering=2, refreshing=3, looking=2, client=None):
        self.registered = []  # the bodies of every 201
        client = client or Client(service)
        # Each holds the last refresh token that was acknowledged.
        self.refreshing = [Account(client).session for _ in range(refreshing)]
        watched = [Account(client).session for _ in range(looking)]
        steps = [registers(self.registered) for _ in range(registering)]
        super().__init__(service, [*steps, *map(refreshes, self.refreshing), *map(reads, watched)])

    def _record(self, answer):
        super()._record(answer)
        assert answer.is_good or answer.code in ("DATABASE_UNAVAILABLE", "CIRCUIT_OPEN"), answer

    def successes(self, kind, since_s=0.0):
        return [answer for answer in self.answers(kind, since_s) if answer.is_good]

    def wait_for_flow(self, since_s=0.0, timeout_s=10.0, count=10):
        """Everything that was asked since that moment has succeeded `count` times."""

        def flows():
            self.raise_fault()
            return all(len(self.successes(kind, since_s)) >= count for kind in KINDS)

        wait_until(flows, "traffic of every kind", timeout_s)

    def wait_for_refusals(self, timeout_s):
        """Every kind of request has met the outage."""

        def are_refused():
            self.raise_fault()
            return {answer.kind for answer in self.failures()} == set(KINDS)

        wait_until(are_refused, "refusals of every kind", timeout_s)

    # --- what came of it -----------------------------------------------------------------------

    def seconds_back(self, moment):
        """From `moment` until the last refusal, or until the first success of the slowest kind."""
        firsts = [min(answer.ended_s for answer in self.successes(kind, moment)) for kind in KINDS]
        lasts = [answer.ended_s for answer in self.failures()]
        return max(firsts + lasts) - moment

    def assert_nobody_waited_longer(self, limit_s):
        late = [str(answer) for answer in self.answers() if answer.elapsed_s > limit_s]
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
        counts = ", ".join(f"{len(self.successes(kind))} {kind}" for kind in KINDS)
        slowest = max((answer.elapsed_s for answer in self.answers()), default=0)
        return f"{counts}, {len(self.failures())} refused, the slowest {slowest:.2f} s"


def session_and_counter(refresh_token):
    """What a refresh token names: the session, and how often it has been refreshed."""
    session_id, _, counter = claims_of(refresh_token)["jti"].rpartition(".")
    return session_id, int(counter)
