# SPDX-License-Identifier: Apache-2.0
"""Two nodes behind one address: each with nginx and workers in a network of its own, before one
database. What a client has from one node is good on the other; what is ended or counted on one is
ended and counted on both; the loss of a node costs the requests in its hands, and that of the
primary the time until the standby is promoted.

Who spreads clients over nodes and takes a lost one out is a load balancer; here it is the test. A
lost node's connections end at once, as a balancer would end them for a machine that is gone."""

import contextlib
import threading
import time

import pytest
import requests

from latchkey_testkit import node as node_module
from latchkey_testkit.accounts import Account, Session, fresh_username
from latchkey_testkit.guessing import guess, next_stranger
from latchkey_testkit.logs import ACCESS
from latchkey_testkit.node import NodeClient, running_node
from latchkey_testkit.service import running
from latchkey_testkit.standby import app_url, standby_of
from latchkey_testkit.traffic import Traffic, session_and_counter
from latchkey_testkit.waiting import at_once, wait_until

LEARNED_WITHIN_S = 2
FREE = 5
GUESSES = 60
DATABASE_TIMEOUT_S = 2
BACK_S = 5
OUTAGE_S = 30  # the longest wait for a number of refusals or successes
FLOW_S = 20

SETTINGS = {
    "LOGIN_THROTTLE_FREE": str(FREE),
    "HASH_QUEUE_LOGIN": "400",  # so that all of a flood reaches a worker
    "DATABASE_TIMEOUT": f"{DATABASE_TIMEOUT_S}s",
    "CIRCUIT_BREAKER_TIMEOUT": "1s",
    # Longer than an outage: a client whose refresh was cut off repeats it afterwards.
    "REFRESH_REUSE_LEEWAY": "60s",
    "LOG_LEVEL": "INFO",
}

ILLNESS = "DATABASE_UNAVAILABLE|CIRCUIT_OPEN|(?i:database|breaker|readiness)"


@contextlib.contextmanager
def two_nodes(copy, **settings):
    """Of the copy they take the database; nobody asks its nginx and its workers."""
    with running_node(copy, "node-a", settings) as first:
        with running_node(copy, "node-b", settings) as second:
            yield first, second


@pytest.fixture(scope="module", autouse=True)
def _namespaces():
    if why := node_module.why_none():
        pytest.skip(f"no network namespaces here: {why}")


@pytest.fixture(scope="module")
def nodes(spare):
    with spare(settings=SETTINGS, api_workers=1, hash_workers=1) as copy:
        with two_nodes(copy) as nodes:
            yield nodes


@pytest.fixture
def clients(nodes):
    return [NodeClient(node) for node in nodes]


def verify(client, session):
    return client.get("/auth/verify", token=session.access_token)


def sessions_of(client, session):
    listed = client.get("/auth/sessions", token=session.access_token).expect(200).json()
    return {entry["id"] for entry in listed["sessions"]}


def session_id(session):
    return session_and_counter(session.refresh_token)[0]


def refresh(client, session):
    body = {"refresh_token": session.refresh_token}
    session.take(client.post("/auth/refresh", body).expect(200).json())


def assert_good_on_both(clients, session):
    """Also each other's: every refresh is of a token that the other node has made."""
    for client in clients * 2:
        verify(client, session).expect(204)
        client.get("/users/me", token=session.access_token).expect(200)
        refresh(client, session)


def assert_ends_everywhere(here, there):
    account = Account(here)
    verify(there, account.session).expect(204)
    account.session.logout().expect(200)
    ended = time.monotonic()
    verify(here, account.session).expect_problem(401, "TOKEN_REVOKED")
    wait_until(lambda: verify(there, account.session).status == 401, "the other node", OUTAGE_S)
    assert time.monotonic() - ended < LEARNED_WITHIN_S
    for _ in range(20):  # each worker of that node
        verify(there, account.session).expect_problem(401, "TOKEN_REVOKED")


def test_each_node_is_apart(nodes, clients):
    """The same address on both, and whoever asks here is answered here."""
    mine, others = [client.get("/nothing").header("X-Request-ID") for client in clients]
    nodes[0].logs.wait_for_access(mine)
    nodes[1].logs.wait_for_access(others)
    _, lines = nodes[1].logs.whole_lines(ACCESS)
    assert not any(mine in line for line in lines)


def test_a_session_of_one_node_is_good_on_the_other(clients):
    here, there = clients
    account = Account(here)
    assert_good_on_both(clients, account.session)
    login = {"username": account.username, "password": account.password}
    other = Session(there, there.post("/auth/login", login).expect(200).json())
    assert_good_on_both(clients, other)
    both = {session_id(account.session), session_id(other)}
    assert sessions_of(here, other) == sessions_of(there, account.session) == both


@pytest.mark.parametrize("here, there", [(0, 1), (1, 0)], ids=["on the first", "on the second"])
def test_ended_on_one_refused_on_the_other(clients, here, there):
    assert_ends_everywhere(clients[here], clients[there])


def test_guesses_are_counted_over_both(nodes, clients):
    """Half of a flood goes to each node, from as many addresses as there are guesses."""

    def hashes():
        return sum(client.metric("latchkey_hash_duration_seconds_count") for client in clients)

    def attempt(number):
        with nodes[number % 2].network():
            return guess(nodes[number % 2], name, source=sources[number])

    name = fresh_username()
    sources = [next_stranger() for _ in range(GUESSES)]
    before = hashes()
    started = time.monotonic()
    replies = at_once(GUESSES, attempt)
    # Another one is free for each second that the flood lasts, but for the doubling.
    seconds = time.monotonic() - started
    checked = [reply for reply in replies if reply.status == 401]
    late = len(checked) - FREE
    assert late >= 0 and 2**late - 1 <= seconds, (len(checked), seconds)
    for reply in replies:
        if reply not in checked:
            reply.expect_problem(429, "TOO_MANY_REQUESTS")
    assert hashes() - before == len(checked)


class Roaming:
    """Clients that stay with a node while it answers, and go on to the other one when it does not,
    with the tokens they have and the request that was not answered."""

    def __init__(self, nodes, count):
        self.lost = []  # the node of each request that got no answer
        self.answers = []  # (node, status)
        self.sessions = []
        self._end = threading.Event()
        self._threads = []
        for _ in range(count):
            clients = [NodeClient(node) for node in nodes]
            session = Account(clients[0]).session
            self.sessions.append(session)
            self._threads.append(threading.Thread(target=self._go_on, args=(clients, session)))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        for thread in self._threads:
            thread.join(timeout=60)
        assert not any(thread.is_alive() for thread in self._threads), "a client never came back"

    def _go_on(self, clients, session):
        while not self._end.is_set():
            for ask in (self._refresh, self._verify):
                node = clients[0].service
                try:
                    self.answers.append((node, ask(clients[0], session).status))
                except requests.RequestException:
                    self.lost.append(node)
                    clients.reverse()
                    break

    def _refresh(self, client, session):
        reply = client.post("/auth/refresh", {"refresh_token": session.refresh_token})
        if reply.status == 200:
            session.take(reply.json())
        return reply

    def _verify(self, client, session):
        return verify(client, session)

    def answered_by(self, node):
        return sum(1 for answered, _ in list(self.answers) if answered is node)

    def wait_for_answers(self, node, count=20):
        enough = self.answered_by(node) + count
        wait_until(lambda: self.answered_by(node) >= enough, "answers of a node", FLOW_S)


def test_a_lost_node_costs_the_requests_in_its_hands(nodes, clients):
    kept, lost = nodes
    each = 2
    with Roaming((kept, lost), each) as staying, Roaming((lost, kept), each) as going:
        owners = {session_id(session): session for session in staying.sessions + going.sessions}
        staying.wait_for_answers(kept)
        going.wait_for_answers(lost)
        assert not staying.lost and not going.lost
        lost.lose()
        going.wait_for_answers(kept)
        staying.wait_for_answers(kept)
    try:
        assert not staying.lost
        assert going.lost == [lost] * each, "one request of each client, and none of the other node"
        statuses = {status for _, status in staying.answers + going.answers}
        assert statuses == {200, 204}
        for known, session in owners.items():
            assert session_id(session) == known, "the session of before"
            refresh(clients[0], session)
    finally:
        lost.start()
    # And the node that comes back knows all of them.
    assert_good_on_both(clients, going.sessions[0])
    assert_ends_everywhere(*clients)


@pytest.mark.slow
def test_primary_lost(own_state_dir, expect_errors, record_property):
    """A copy of its own, since the roles are exchanged at the end: it must not be used again."""
    expect_errors(ILLNESS, required=False)
    with running(own_state_dir, settings=SETTINGS, api_workers=1, hash_workers=1) as copy:
        with standby_of(copy) as (first, second):
            with two_nodes(copy, DATABASE_URL=app_url(copy, first, second)) as nodes:
                backs = lose_the_primary(first, second, nodes)
                record_property("back_s", backs)
                assert max(backs) <= BACK_S, [f"{back:.2f}" for back in backs]
                for node in nodes:
                    severe = node.severe_lines.read()
                    assert all(expect_errors.covers(line) for line in severe), severe


def lose_the_primary(first, second, nodes):
    """Under traffic on both nodes; how many seconds each was back after the promotion."""
    clients = [NodeClient(node) for node in nodes]
    before = Account(clients[0])
    loads = [
        Traffic(client.service, registering=1, refreshing=1, looking=1, client=client)
        for client in clients
    ]

    def wait_for_traffic(since_s=0.0):
        for load in loads:
            load.wait_for_flow(since_s, OUTAGE_S)

    with loads[0], loads[1]:
        wait_for_traffic()
        first.kill()
        for load in loads:
            load.wait_for_refusals(OUTAGE_S)
        promoted = second.promote()
        wait_for_traffic(promoted + BACK_S)
    for load in loads:
        load.assert_kept(second.query)
    assert_good_on_both(clients, before.session)
    assert_ends_everywhere(*clients)
    return [load.seconds_back(promoted) for load in loads]
