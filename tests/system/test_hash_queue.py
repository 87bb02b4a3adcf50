# SPDX-License-Identifier: Apache-2.0
"""The bound of the hash queue: who takes a place in it, for how long, and what the next one is told.

Before hash workers that are none, which answer when the test lets them, and an nginx of several
processes with the queues that nginx/render has by default."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from latchkey_testkit import problem
from latchkey_testkit.client import Http2Client, Reply, open_connection, raw_request
from latchkey_testkit.fake_worker import FakeWorkers
from latchkey_testkit.site import Reached, packaged_site
from latchkey_testkit.waiting import wait_until

QUEUE_LOGIN, QUEUE_OF_CLIENT = 16, 12
PROCESSES_OF_NGINX = 3
ORIGIN = "https://app.example.com"

LOGIN, CHANGE = ("POST", "/auth/login"), ("PUT", "/users/me/password")
REGISTER = ("POST", "/auth/register")
# So many addresses that no client is over its own part of the queue.
ADDRESSES = [f"127.0.2.{number + 1}" for number in range(40)]


@pytest.fixture
def workers(tmp_path_factory):
    workers = FakeWorkers(tmp_path_factory.mktemp("run") / "hash.sock")
    yield workers
    workers.release()
    workers.close()


def on_every_process(site):
    """The kernel deals connections out to the processes of nginx, so that none has them all."""
    return site.replace(" ssl http2;", " ssl http2 reuseport;", 1)


@pytest.fixture
def site(workers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    with packaged_site(
        folder,
        workers.folder,
        on_every_process,
        processes_of_nginx=PROCESSES_OF_NGINX,
        settings={"CORS_ORIGINS": ORIGIN},
    ) as port:
        yield Reached(folder, port)


def request_bytes(what, headers=()):
    body = b"{}"
    return raw_request(*what, [("Content-Type", "application/json"), *headers], body)


def ask(site, source, what=LOGIN, headers=()):
    """One request on a connection of its own; errors are checked as everywhere."""
    with open_connection(site, source) as connection:
        connection.sendall(request_bytes(what, headers))
        answer = http.client.HTTPResponse(connection, method=what[0])
        answer.begin()
        reply = Reply(*what, answer.status, answer.getheaders(), answer.read())
    if reply.status >= 400:
        problem.check_reply(reply)
    return reply


def fill(pool, workers, site, what=LOGIN):
    """As many as the queue has places for, all in the hands of workers that do not answer."""
    before = len(workers.arrivals)
    workers.hold()
    answers = [pool.submit(ask, site, source, what) for source in ADDRESSES[:QUEUE_LOGIN]]
    wait_until(lambda: len(workers.arrivals) == before + QUEUE_LOGIN, "the queue to be full")
    return answers


@pytest.fixture
def pool(workers):
    with ThreadPoolExecutor(64) as pool:
        yield pool
        workers.release()


def access_line(site, request_id):
    path = site.folder / "latchkey-access.log"

    def find():
        lines = path.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if request_id in line]

    [line] = wait_until(find, f"access log of {request_id}")
    return line


def test_all_processes_of_nginx_share_the_queue(workers, site, pool):
    workers.hold()
    answers = [pool.submit(ask, site, source) for source in ADDRESSES]
    refused = len(ADDRESSES) - QUEUE_LOGIN
    wait_until(lambda: sum(answer.done() for answer in answers) == refused, "all that are refused")
    assert len(workers.arrivals) == QUEUE_LOGIN
    workers.release()
    statuses = [answer.result().status for answer in answers]
    assert statuses.count(200) == QUEUE_LOGIN and statuses.count(503) == refused
    wait_until(lambda: ask(site, "127.0.0.1").status == 200, "a free place")


def test_what_is_refused_is_told_the_same_as_ever(workers, site, pool):
    fill(pool, workers, site)
    headers = [("Origin", ORIGIN), ("X-Request-ID", "too-many-of-them")]
    reply = ask(site, "127.0.0.1", headers=headers)
    reply.expect_problem(503, "OVERLOADED")
    assert reply.json()["detail"] == "Too many requests are waiting"
    assert reply.header("Retry-After") == "1"
    assert reply.header("Cache-Control") == "no-store"
    assert reply.header("Access-Control-Allow-Origin") == ORIGIN
    assert "retry-after" in reply.tokens_of("Access-Control-Expose-Headers")
    line = access_line(site, "too-many-of-them")
    assert (line["method"], line["path"], line["status_code"]) == ("POST", "/auth/login", 503)
    # Nobody was asked.
    assert (line["upstream"], line["upstream_status"], line["upstream_time"]) == ("", "", "")
    Http2Client(site).request(*LOGIN, json={}).expect_problem(503, "OVERLOADED")


@pytest.mark.parametrize("full", [LOGIN, CHANGE], ids=["login", "password"])
def test_each_kind_has_a_queue_of_its_own(workers, site, pool, full):
    fill(pool, workers, site, full)
    ask(site, "127.0.0.1", full).expect_problem(503, "OVERLOADED")
    others = {LOGIN, CHANGE, REGISTER} - {full}
    answers = [pool.submit(ask, site, "127.0.0.1", what) for what in others]
    wait_until(lambda: len(workers.arrivals) == QUEUE_LOGIN + len(others), "the others to arrive")
    workers.release()
    assert [answer.result().status for answer in answers] == [200, 200]


def test_who_hangs_up_keeps_the_place_until_the_hash_is_done(workers, site):
    workers.hold()
    connections = [open_connection(site, source) for source in ADDRESSES[:QUEUE_LOGIN]]
    for connection in connections:
        connection.sendall(request_bytes(LOGIN))
    wait_until(lambda: len(workers.arrivals) == QUEUE_LOGIN, "the queue to be full")
    for connection in connections:
        connection.close()
    for _ in range(50):
        ask(site, "127.0.0.1").expect_problem(503, "OVERLOADED")
    assert len(workers.arrivals) == QUEUE_LOGIN
    workers.release()
    wait_until(lambda: ask(site, "127.0.0.1").status == 200, "a free place")


def test_a_worker_that_dies_is_no_full_queue(workers, site):
    """And its place is free again: three times as many as the queue has die one after the other."""
    workers.end_connections(3 * QUEUE_LOGIN)
    for number in range(3 * QUEUE_LOGIN):
        headers = [("X-Request-ID", f"dead-worker-{number}")]
        reply = ask(site, "127.0.0.1", headers=headers)
        assert reply.expect_problem(502, "WORKER_UNAVAILABLE")["detail"].startswith("The request was lost")
        assert reply.header("Retry-After") is None
    line = access_line(site, "dead-worker-0")
    assert line["upstream"].startswith("unix:") and line["upstream_status"] == "502"
    assert ask(site, "127.0.0.1").status == 200


def test_no_worker_at_all_is_no_full_queue(workers, site):
    workers.close()
    for _ in range(3):
        ask(site, "127.0.0.1").expect_problem(502, "WORKER_UNAVAILABLE")


def test_two_addresses_that_dribble_take_no_place(workers, site, pool):
    """Each as much as it gets: more than the queue between them. A byte each was enough for hours."""
    head = request_bytes(LOGIN)[:-1]
    connections = []
    try:
        for source in ("127.0.0.2", "127.0.0.3"):
            for _ in range(QUEUE_OF_CLIENT):
                connections.append(open_connection(site, source))
                connections[-1].sendall(head)
            refused = ask(site, source)  # its own part of the queue is what it has used up
            refused.expect_problem(503, "OVERLOADED")
        fill(pool, workers, site)
        workers.release()
    finally:
        for connection in connections:
            connection.close()


# --- clients -------------------------------------------------------------------------------------


def test_an_ipv4_client_on_an_ipv6_socket_is_a_client(workers, tmp_path):
    """Seen as ::ffff:127.0.0.2 and ::ffff:127.0.0.3: of one /64, and yet two."""

    def on_ipv6(site):
        site = site.replace("listen 127.0.0.1:", "listen [::ffff:127.0.0.1]:", 1)
        return site.replace(" ssl http2;", " ssl http2 ipv6only=off;", 1)

    with packaged_site(tmp_path, workers.folder, on_ipv6) as port, ThreadPoolExecutor(32) as pool:
        site = Reached(tmp_path, port)
        workers.hold()
        try:
            answers = [pool.submit(ask, site, "127.0.0.2") for _ in range(QUEUE_OF_CLIENT)]
            wait_until(lambda: len(workers.arrivals) == QUEUE_OF_CLIENT, "one client's part")
            ask(site, "127.0.0.2").expect_problem(503, "OVERLOADED")
            answers.append(pool.submit(ask, site, "127.0.0.3"))
            wait_until(lambda: answers[-1].done() or len(workers.arrivals) > QUEUE_OF_CLIENT, "the other")
        finally:
            workers.release()
        assert [answer.result().status for answer in answers] == [200] * len(answers)
