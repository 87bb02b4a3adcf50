# SPDX-License-Identifier: Apache-2.0
"""/metrics: what all workers have counted, whoever answers, for those who may see it."""

import re

import pytest

from latchkey_testkit.accounts import registration
from latchkey_testkit.client import open_connection, raw_request
from latchkey_testkit.waiting import wait_until

MONITOR = "127.0.0.3"
STRANGER = "127.0.0.2"


@pytest.fixture(scope="module")
def service(spare):
    with spare(settings={"METRICS_NETWORKS": f"{MONITOR},192.0.2.0/24"}) as running:
        yield running


SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="[^"\\]*",?)*)\})? ([0-9.]+)')


def samples(reply):
    """{("name", 'label="value",…'): number} of every line that is no comment."""
    found = {}
    for line in reply.text.splitlines():
        if not line.startswith("#"):
            name, labels, value = SAMPLE.fullmatch(line).groups()
            assert (name, labels or "") not in found, f"twice: {line}"
            found[name, labels or ""] = float(value)
    return found


def metrics(client):
    reply = client.get("/metrics").expect(200)
    assert reply.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    assert reply.header("Cache-Control") == "no-store"
    return samples(reply)


def requests_of(found, method, route, code):
    return found["latchkey_http_requests_total", f'method="{method}",route="{route}",code="{code}"']


def test_what_happens_is_counted(client, account):
    before = metrics(client)
    account.login().expect(200)
    account.login("wrong-password").expect(401)
    stolen = account.session.refresh_token
    account.session.refresh_and_take()
    client.post("/auth/refresh", {"refresh_token": stolen}).expect(200)  # within the leeway
    client.post("/auth/register", registration()).expect(201)
    client.get("/nowhere").expect(404)
    after = metrics(client)

    def grown(*key):
        return after[key] - before[key]

    assert grown("latchkey_logins_total", 'outcome="success"') == 1
    assert grown("latchkey_logins_total", 'outcome="invalid_credentials"') == 1
    assert grown("latchkey_refreshes_total", 'outcome="rotated"') == 1
    assert grown("latchkey_refreshes_total", 'outcome="repeated"') == 1
    assert grown("latchkey_registrations_total", 'outcome="success"') == 1
    assert grown("latchkey_errors_total", 'code="INVALID_CREDENTIALS"') == 1
    assert grown("latchkey_errors_total", 'code="NOT_FOUND"') == 1
    assert grown("latchkey_hash_duration_seconds_count", "") == 3
    assert requests_of(after, "POST", "/auth/login", "2xx") == (
        requests_of(before, "POST", "/auth/login", "2xx") + 1
    )
    labels = 'method="POST",route="/auth/login"'
    assert grown("latchkey_http_request_duration_seconds_count", labels) == 2
    assert grown("latchkey_http_request_duration_seconds_sum", labels) > 0


def test_every_worker_tells_the_same(service, client):
    """Both api workers answer in turn; only /metrics itself is counted meanwhile."""

    def without_own(found):
        return {
            (name, labels): value
            for (name, labels), value in found.items()
            if "/metrics" not in labels
            and name != "latchkey_workers"
            and not name.startswith("latchkey_queue_duration_seconds")
        }

    first = without_own(metrics(client))
    for _ in range(10):
        assert without_own(metrics(client.fresh())) == first


def test_workers_are_counted(service, client):
    wait_until(
        lambda: metrics(client)["latchkey_workers", 'pool="hash",state="idle"'] == 2, "idle workers"
    )
    found = metrics(client)
    assert sum(found["latchkey_workers", f'pool="api",state="{s}"'] for s in ("idle", "busy")) == 2
    assert found["latchkey_worker_starts_total", 'pool="api"'] >= 2
    assert found["latchkey_circuit_breaker_state", 'breaker="database",state="closed"'] == 1


def answer_to(service, source, path):
    with open_connection(service, source) as connection:
        connection.sendall(raw_request("GET", path, [("Connection", "close")]))
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


@pytest.mark.parametrize(
    "path",
    ["/metrics", "/api/v1/metrics", "//metrics", "/%6detrics", "/./metrics?x=1", "/docs/../metrics"],
)
def test_strangers_see_nothing_there(service, path):
    answer = answer_to(service, STRANGER, path)
    assert answer.startswith(b"HTTP/1.1 404 "), answer[:200]
    assert b'"error_code":"NOT_FOUND"' in answer
    assert b"latchkey_" not in answer


def test_a_listed_network_sees_them(service):
    assert b"latchkey_build_info" in answer_to(service, MONITOR, "/metrics")
