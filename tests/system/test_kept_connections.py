# SPDX-License-Identifier: Apache-2.0
"""The connections between nginx and the api workers: kept for requests that may be sent again, which are
those that only read, and the refresh.

Mostly before workers that are none, which see what nginx does with its connections and can end them
at the worst moment."""

import concurrent.futures
import contextlib
import http.client
import ssl
import time
from collections import Counter

import pytest

from latchkey_testkit import processes
from latchkey_testkit.accounts import Account
from latchkey_testkit.client import Client
from latchkey_testkit.fake_worker import FakeWorkers
from latchkey_testkit.load import Load, asks_health, reads, refreshes
from latchkey_testkit.service import stopped_processes
from latchkey_testkit.site import packaged_site
from latchkey_testkit.waiting import wait_until

# As nginx/render has them.
KEPT = 32
TRIES = 3
LEEWAY = "2s"
REPEATED_WITHIN_S = 2

REFRESHES = tuple(
    prefix + path for prefix in ("", "/api/v1") for path in ("/auth/refresh", "/auth/refresh-token")
)

# nginx itself closes the connection of a HEAD, behind the header.
READS = ("GET", "OPTIONS")
WRITES = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def workers(tmp_path_factory):
    with_sockets = tmp_path_factory.mktemp("run")
    workers = FakeWorkers(with_sockets / "api.sock")
    yield workers
    workers.release()
    workers.close()


@contextlib.contextmanager
def asking(workers, folder, **settings):
    """Sends a request to an nginx of one process before them; gives the status."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with packaged_site(folder, workers.folder, settings=settings) as port:

        def ask(method, path="/users/me"):
            connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=context)
            try:
                connection.request(method, path)
                return connection.getresponse().status
            finally:
                connection.close()

        yield ask


@pytest.fixture
def ask(workers, tmp_path_factory):
    with asking(workers, tmp_path_factory.mktemp("site"), REFRESH_REUSE_LEEWAY=LEEWAY) as ask:
        yield ask


@pytest.fixture(params=["0", "1999ms"])
def ask_with_little_leeway(request, workers, tmp_path_factory):
    """None, and less of it than a call of the database may take."""
    with asking(workers, tmp_path_factory.mktemp("site"), REFRESH_REUSE_LEEWAY=request.param) as ask:
        yield ask


def ask_at_once(workers, ask, method, count):
    """So many requests that all are in the hands of workers at the same time."""
    before = len(workers.arrivals)
    workers.hold()
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        answers = [pool.submit(ask, method) for _ in range(count)]
        wait_until(lambda: len(workers.arrivals) == before + count, "all requests to arrive")
        workers.release()
        return [answer.result() for answer in answers]


@pytest.mark.parametrize("method", READS)
def test_reads_share_a_connection(workers, ask, method):
    assert [ask(method) for _ in range(20)] == [200] * 20
    assert workers.opened == 1


@pytest.mark.parametrize("method", WRITES)
def test_each_write_has_a_connection_of_its_own(workers, ask, method):
    assert [ask("GET"), *(ask(method) for _ in range(5)), ask("GET")] == [200] * 7
    connections = Counter(arrival.connection for arrival in workers.arrivals)
    assert sorted(connections.values()) == [1] * 5 + [2]


def test_a_read_survives_that_every_kept_connection_ends(workers, ask):
    """As when the worker that holds them all is killed just as a request arrives, time and again."""
    assert ask_at_once(workers, ask, "GET", KEPT) == [200] * KEPT
    workers.end_connections(up_to=KEPT)
    assert ask("GET") == 200
    unanswered = [arrival for arrival in workers.arrivals if not arrival.was_answered]
    assert len({arrival.connection for arrival in unanswered}) == len(unanswered) > TRIES


@pytest.mark.parametrize("method", WRITES)
def test_a_write_is_never_sent_twice(workers, ask, method):
    assert ask_at_once(workers, ask, "GET", 4) == [200] * 4
    workers.end_connections(up_to=1000)
    assert ask(method) == 502
    assert [arrival.method for arrival in workers.arrivals].count(method) == 1


def test_a_read_that_ends_its_workers_is_tried_so_often_and_no_more(workers, ask):
    workers.end_connections(up_to=1000)
    assert ask("GET") == 502
    assert len(workers.arrivals) == TRIES


# --- the refresh ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", REFRESHES)
def test_refreshes_share_a_connection_with_reads(workers, ask, path):
    assert [ask(*each) for each in [("GET",), ("POST", path)] * 10] == [200] * 20
    assert workers.opened == 1
    assert [arrival.parameters.get("REPEATABLE") for arrival in workers.arrivals] == [None, "1"] * 10


@pytest.mark.parametrize("path", REFRESHES)
def test_a_refresh_survives_that_every_kept_connection_ends(workers, ask, path):
    assert ask_at_once(workers, ask, "GET", KEPT) == [200] * KEPT
    workers.end_connections(up_to=KEPT)
    assert ask("POST", path) == 200


@pytest.mark.parametrize("path", REFRESHES)
def test_a_refresh_that_ends_its_workers_is_tried_so_often_and_no_more(workers, ask, path):
    workers.end_connections(up_to=1000)
    assert ask("POST", path) == 502
    assert len(workers.arrivals) == TRIES


@pytest.mark.parametrize("path", REFRESHES)
def test_a_refresh_is_not_sent_again_when_its_leeway_is_over(workers, ask, path):
    """As when a worker hangs behind the rotation, and is killed then."""
    workers.hold()
    workers.lose_answers()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, "POST", path)
        wait_until(lambda: len(workers.arrivals) == 1, "the request to arrive")
        time.sleep(REPEATED_WITHIN_S + 0.2)  # so long it hangs
        workers.release()
        assert answer.result() == 502
    assert len(workers.arrivals) == 1


@pytest.mark.parametrize("path", REFRESHES)
def test_without_leeway_a_refresh_is_a_write_like_others(workers, ask_with_little_leeway, path):
    ask = ask_with_little_leeway
    assert [ask("GET"), ask("POST", path), ask("POST", path), ask("GET")] == [200] * 4
    connections = Counter(arrival.connection for arrival in workers.arrivals)
    assert sorted(connections.values()) == [1, 1, 2]
    workers.end_connections(up_to=1000)
    before = len(workers.arrivals)
    assert ask("POST", path) == 502
    assert len(workers.arrivals) == before + 1


# --- before real workers --------------------------------------------------------------------------

CLIENTS = 64
API_WORKERS = 4
SHARE = 0.2  # of what clients get on average, which each of them gets at least


def test_nobody_waits_for_a_worker_that_waits_for_the_database(spare):
    """All workers but one hang in a call to a server that says nothing: who needs no database is
    answered by the one, on whichever connection of the others he came before."""
    settings = {"DATABASE_TIMEOUT": "2s", "CIRCUIT_BREAKER_THRESHOLD": "50"}
    with spare(settings=settings, api_workers=API_WORKERS) as service:
        account = Account(Client(service))
        with Load(service, [asks_health] * 16) as load:
            load.wait_for(16 * 20)  # every worker has connections by now
            server = service.postmaster_pid()
            with stopped_processes([*processes.children(server), server]):
                frozen_s = time.monotonic()
                hanging = [refreshes(account.session)] * (API_WORKERS - 1)
                with Load(service, hanging, pause_s=10):
                    load.wait_for(16 * 20, since_s=frozen_s + 0.2)
                # Those who hung have their answers now.
                waited = load.answers(since_s=frozen_s)
            assert not load.failures(), load.failures()[:5]
            assert max(answer.elapsed_s for answer in waited) < 1, "a reader waited for a database"
        # What hung is told, and nothing else.
        codes = {line.get("error_code") for line in service.severe_lines.read()}
        assert codes == {"DATABASE_UNAVAILABLE"}


def counted(counts, step):
    """The step, with its own place in `counts`."""
    place = len(counts)
    counts.append(0)

    def and_count(client):
        step(client)
        counts[place] += 1

    return and_count


def test_nobody_starves(spare):
    """Far more kept-alive clients than workers, each with one request after another: every one has
    its share, whoever's connection it comes on, also while workers are replaced all the time."""
    settings = {"LOG_LEVEL": "INFO", "WORKER_MAX_REQUESTS": "500"}
    with spare(settings=settings, api_workers=API_WORKERS) as service:
        client = Client(service)
        sessions = [Account(client).session for _ in range(8)]
        read_counts, refresh_counts = [], []
        steps = [counted(read_counts, reads(sessions[n % 4])) for n in range(CLIENTS - 4)]
        steps += [counted(refresh_counts, refreshes(session)) for session in sessions[4:]]
        with Load(service, steps) as load:
            load.wait_for(CLIENTS * 60, timeout_s=60)
        assert not load.failures(), load.failures()[:5]
        for counts in (read_counts, refresh_counts):
            assert min(counts) >= SHARE * sum(counts) / len(counts), counts
        assert max(answer.elapsed_s for answer in load.answers()) < 2


def test_waiting_for_a_worker_is_not_taken_for_theft(spare):
    """A token comes again within the leeway and waits for a worker until that is over, as the second try of
    nginx may."""
    with spare(settings={"REFRESH_REUSE_LEEWAY": "2s"}, api_workers=1) as service:
        client = Client(service)
        session = Account(client).session
        old = {"refresh_token": session.refresh_token}
        current = client.post("/auth/refresh", old).expect(200).json()["refresh_token"]
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            with stopped_processes(service.worker_pids("api")):
                answer = pool.submit(client.post, "/auth/refresh", old)
                time.sleep(3)  # as long as a request waits
            assert answer.result().expect(200).json()["refresh_token"] == current
        client.post("/auth/refresh", old).expect_problem(401, "TOKEN_REVOKED")
