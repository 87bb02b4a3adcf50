# SPDX-License-Identifier: Apache-2.0
"""Two hosts in DATABASE_URL with target_session_attrs=read-write: a primary and a synchronous
standby, promoted under load. No acknowledged write is lost, and the service is back within 5 s of
the promotion, without a restart.

Each test has a copy and a pair of its own, since it ends with the roles exchanged: the old primary
is brought back as a standby every time, and must not be used. Who promotes, and who makes sure that
the old primary is dead, is not Latchkey's business; here it is the test."""

import os
import signal

import pytest

from latchkey_testkit import processes
from latchkey_testkit.accounts import Account
from latchkey_testkit.client import Client
from latchkey_testkit.pooler import Pooler
from latchkey_testkit.service import running, stopped_processes
from latchkey_testkit.standby import app_url, standby_of
from latchkey_testkit.traffic import Traffic
from latchkey_testkit.waiting import wait_until

pytestmark = pytest.mark.slow

DATABASE_TIMEOUT_S = 2
BREAKER_TIMEOUT_S = 1
# A worker for each thread of the load.
REGISTERING, REFRESHING, LOOKING = 2, 3, 2
API_WORKERS, HASH_WORKERS = REFRESHING + LOOKING, REGISTERING

# The time of an answer, and a grace for nginx, the hash, and two cores that are shared with builds.
LIMIT_S = DATABASE_TIMEOUT_S + 0.5 + 0.5
BACK_S = 5
OUTAGE_S = 30  # the longest wait for a number of refusals or successes

SETTINGS = {
    "DATABASE_TIMEOUT": f"{DATABASE_TIMEOUT_S}s",
    "CIRCUIT_BREAKER_TIMEOUT": f"{BREAKER_TIMEOUT_S}s",
    # Longer than the outage: a client whose refresh was cut off repeats it afterwards.
    "REFRESH_REUSE_LEEWAY": "60s",
    "LOG_LEVEL": "INFO",
}

ILLNESS = "DATABASE_UNAVAILABLE|CIRCUIT_OPEN|(?i:database|breaker|readiness)"


@pytest.fixture
def service(own_state_dir, expect_errors, request):
    expect_errors(ILLNESS, required=False)
    with running(
        own_state_dir,
        settings=SETTINGS,
        api_workers=API_WORKERS,
        hash_workers=HASH_WORKERS,
        pooler=getattr(request, "param", "none"),
    ) as service:
        yield service
        # The copy ends before the guard of the log looks at it: so it is done here.
        severe = service.severe_lines.read()
        unannounced = [line for line in severe if not expect_errors.covers(line)]
        assert not unannounced, f"errors that a failover does not explain: {unannounced}"


@pytest.fixture
def pair(service):
    with standby_of(service) as clusters:
        yield clusters


def use(service, *clusters):
    """The workers start again, with these hosts."""
    service.settings["DATABASE_URL"] = app_url(service, *clusters)
    service.restart()


def traffic_to(service):
    return Traffic(service, registering=REGISTERING, refreshing=REFRESHING, looking=LOOKING)


def assert_back_in_time(traffic, promoted):
    back = traffic.seconds_back(promoted)
    print(f"back {back:.2f} s after the promotion; {traffic}")
    traffic.assert_nobody_waited_longer(LIMIT_S)
    refused_late = [
        f"{answer} at {answer.ended_s - promoted:.2f} s"
        for answer in traffic.failures()
        if answer.ended_s > promoted + BACK_S
    ]
    assert back <= BACK_S, f"back after {back:.2f} s: {refused_late}"


def assert_not_used(service, standby, primary):
    """A read-only server at the head of the list is passed over, by new workers too."""
    assert standby.is_in_recovery()
    old = service.worker_pids()
    os.kill(service.supervisor_pid(), signal.SIGHUP)
    processes.wait_until_gone(old, "the old workers")
    with traffic_to(service) as traffic:
        traffic.wait_for_flow(timeout_s=OUTAGE_S)
        assert standby.app_backends() == 0
        assert primary.app_backends() >= 1
    assert not traffic.failures(), [str(answer) for answer in traffic.failures()]
    traffic.assert_kept(primary.query)


def says_read_only(client):
    reply = client.get("/readiness")
    return reply.status == 503 and "read-only" in reply.json()["detail"]


def test_primary_killed(service, pair):
    first, second = pair
    use(service, first, second)
    with traffic_to(service) as traffic:
        traffic.wait_for_flow(timeout_s=OUTAGE_S)
        first.kill()
        traffic.wait_for_refusals(OUTAGE_S)
        promoted = second.promote()
        traffic.wait_for_flow(promoted + BACK_S, OUTAGE_S)
    assert_back_in_time(traffic, promoted)
    traffic.assert_kept(second.query)
    first.rejoin(second)
    assert_not_used(service, standby=first, primary=second)


def test_planned_switchover(service, pair):
    first, second = pair
    use(service, first, second)
    with traffic_to(service) as traffic:
        traffic.wait_for_flow(timeout_s=OUTAGE_S)
        first.stop()
        promoted = second.promote()
        traffic.wait_for_flow(promoted + BACK_S, OUTAGE_S)
    assert_back_in_time(traffic, promoted)
    traffic.assert_kept(second.query)
    first.rejoin(second)
    assert_not_used(service, standby=first, primary=second)


def test_primary_silent(service, pair):
    """Not refusing but silent, as a machine that hangs: its socket accepts and never answers."""
    first, second = pair
    use(service, first, second)
    with traffic_to(service) as traffic:
        traffic.wait_for_flow(timeout_s=OUTAGE_S)
        with stopped_processes(first.pids()):
            traffic.wait_for_refusals(OUTAGE_S)
            promoted = second.promote()
            traffic.wait_for_flow(promoted + BACK_S, OUTAGE_S)
            # Whoever promotes must make sure of this before the old primary wakes up.
            first.kill()
    assert_back_in_time(traffic, promoted)
    traffic.assert_kept(second.query)
    first.rejoin(second)
    assert_not_used(service, standby=first, primary=second)


@pytest.mark.parametrize("service", ["pgbouncer"], indirect=True, scope="function")
def test_primary_killed_behind_a_pooler(service, pair):
    """The workers know the pooler only, so it is the pooler that must be told."""
    first, second = pair
    pooler = Pooler(service)
    with traffic_to(service) as traffic:
        traffic.wait_for_flow(timeout_s=OUTAGE_S)
        first.kill()
        traffic.wait_for_refusals(OUTAGE_S)
        promoted = second.promote()
        pooler.point_at(second.socket_folder)
        traffic.wait_for_flow(promoted + BACK_S, OUTAGE_S)
    assert_back_in_time(traffic, promoted)
    traffic.assert_kept(second.query)

    first.rejoin(second)
    pooler.point_at(first.socket_folder)
    wait_until(lambda: says_read_only(Client(service)), "a read-only server to be noticed")
    pooler.point_at(second.socket_folder)
    wait_until(lambda: Client(service).get("/readiness").status == 200, "readiness", BACK_S)
    assert_not_used(service, standby=first, primary=second)


def test_readiness_notices_a_read_only_server(service, pair):
    """The only host has become a standby: what reads may still work, but ready is something else.
    When it is the primary again, the workers notice by themselves."""
    first, second = pair
    use(service, first)
    client = Client(service)
    account = Account(client)
    first.stop()
    second.promote()
    first.rejoin(second)
    assert first.is_in_recovery()

    wait_until(lambda: says_read_only(client), "a read-only server to be noticed", OUTAGE_S)
    client.get("/health").expect(200)
    assert account.session.refresh().status == 503

    second.stop()
    promoted = first.promote()
    wait_until(lambda: client.get("/readiness").status == 200, "readiness", BACK_S)
    account.session.refresh_and_take().assert_lives()
    with traffic_to(service) as traffic:
        traffic.wait_for_flow(promoted, OUTAGE_S)
    traffic.assert_kept(first.query)
