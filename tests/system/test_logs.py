# SPDX-License-Identifier: Apache-2.0
"""What the logs say of a request. Their form, unannounced errors and secrets are checked for every
test and every copy: see conftest.py and `service.running`."""

import json
import re
import uuid

import pytest

from latchkey_testkit.client import LOOPBACK, raw_request
from latchkey_testkit.logs import ACCESS
from latchkey_testkit.secrecy import fresh_marker


def line_of(service, reply):
    return service.logs.wait_for_request(reply.header("X-Request-ID"))


def test_a_finished_request(service, client, account):
    line = line_of(service, account.session.me().expect(200))
    assert (line["method"], line["path"], line["route"]) == ("GET", "/users/me", "/users/me")
    assert line["status_code"] == 200
    assert line["level"] == "INFO"
    assert line["client_ip"] in LOOPBACK
    assert str(line["user_id"]) == str(account.id)
    assert 0 < line["db_ms"] <= line["duration_ms"]
    assert re.search(r"api", str(line["worker"])) and re.search(r"\d", str(line["worker"]))


def test_a_login_says_how_long_the_hash_took(service, account):
    line = line_of(service, account.login().expect(200))
    assert 0 < line["hash_ms"] <= line["duration_ms"]
    assert "hash" in str(line["worker"])


def test_the_route_is_a_pattern(service, client, account):
    path = f"/api/v1/auth/sessions/{uuid.uuid4()}"
    line = line_of(service, client.delete(path, token=account.session.access_token).expect(404))
    assert line["path"] == path
    assert "{id}" in line["route"]


def test_refused_authentication_is_a_warning(service, client, account):
    assert line_of(service, account.login("wrong-password"))["level"] == "WARNING"
    assert line_of(service, client.get("/users/me"))["level"] == "WARNING"
    assert line_of(service, client.get("/users/me", token="x.y.z"))["level"] == "WARNING"


def test_bad_input_is_no_error(service, client):
    assert line_of(service, client.post("/auth/register", {}))["level"] in ("INFO", "WARNING")
    assert line_of(service, client.get("/nothing"))["level"] in ("INFO", "WARNING")


def test_traceparent_is_taken_up(service, client, account):
    trace = uuid.uuid4().hex
    reply = client.get(
        "/users/me",
        token=account.session.access_token,
        headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"},
    )
    assert trace in str(line_of(service, reply).values())


def test_traceparent_is_in_every_line_of_its_request(service, client, account):
    """The worker's warning in the middle of a request, its last line, and nginx' own."""
    stolen = account.session.refresh_token
    account.session.refresh_and_take().refresh_and_take()
    traceparent = f"00-{uuid.uuid4().hex}-00f067aa0ba902b7-00"
    reply = client.post("/auth/refresh", {"refresh_token": stolen}, headers={"traceparent": traceparent})
    reply.expect_problem(401, "TOKEN_REVOKED")
    request_id = reply.header("X-Request-ID")
    line_of(service, reply)
    lines = [line for line in service.logs.worker_lines()[1] if line.get("request_id") == request_id]
    assert any("used refresh token" in line["message"] for line in lines) and len(lines) >= 2
    assert {line["traceparent"] for line in lines} == {traceparent}
    assert service.logs.wait_for_access(request_id)["traceparent"] == traceparent


def test_without_a_traceparent_nobody_makes_one_up(service, client, account):
    reply = account.session.me().expect(200)
    assert "traceparent" not in line_of(service, reply)
    assert service.logs.wait_for_access(reply.header("X-Request-ID"))["traceparent"] == ""


@pytest.mark.parametrize(
    "traceparent", ["x", "00-x-y-01", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"]
)
def test_a_malformed_traceparent_is_not(service, client, account, traceparent):
    token = account.session.access_token
    reply = client.get("/users/me", token=token, headers={"traceparent": traceparent})
    assert traceparent not in [str(value) for value in line_of(service, reply).values()]


def test_no_query_string_anywhere(service, client, account):
    """Found by the search at the end, too; here the reason is plainer."""
    marker = fresh_marker()
    replies = [
        client.get(f"/users/me?q={marker}", token=account.session.access_token),
        client.get(f"/auth/verify?check=session&q={marker}", token=account.session.access_token),
        client.get(f"/nothing?q={marker}"),
        client.post(f"/auth/login?q={marker}", body=b"x" * 20000),
    ]
    for path in ("/docs", "/health", "/openapi.json"):  # logged nowhere, at most levels
        client.get(f"{path}?q={marker}")
    for reply in replies:
        service.logs.wait_for_access(reply.header("X-Request-ID"))
    service.logs.wait_for_request(replies[0].header("X-Request-ID"))
    assert not [leak for leak in service.logs.leaked_secrets() if marker in leak]


def test_control_characters_cannot_forge_a_line(service, client):
    path = "/nothing/%0a%7B%22level%22:%22ERROR%22%7D%0d%1b[31m"
    line = line_of(service, client.get(path).expect(404))
    assert line["status_code"] == 404


def test_no_request_needed_a_second_try(service, client, account):
    """nginx repeats a read on another worker when one fails it: that must not hide a fault of ours."""
    for _ in range(20):
        account.session.me().expect(200)
    _, lines = service.logs.whole_lines(ACCESS)
    tries = [json.loads(line) for line in lines]
    assert len(tries) > 20
    assert [entry for entry in tries if "," in entry["upstream_status"]] == []


# --- which requests nginx writes down ---------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        b"/health%3f/../auth/login",
        b"/health\xff/../auth/login",
        b"/api/v1/readiness%3F/../auth/login",
        b"/metrics%23/../auth/login",
        b"/health/../auth/login",
    ],
    ids=ascii,
)
def test_nobody_hides_a_login_behind_a_path_that_is_not_logged(service, raw_session, path):
    request_id = f"test-{uuid.uuid4()}"
    headers = [("X-Request-ID", request_id), ("Content-Type", "application/json")]
    raw_session.exchange(raw_request("POST", path, headers, b"{}"))
    assert service.logs.wait_for_request(request_id)["route"] == "/auth/login"
    assert service.logs.wait_for_access(request_id)["method"] == "POST"


def test_probes_are_not_in_nginx_log(service, raw_session):
    probes = [f"test-{uuid.uuid4()}" for _ in range(6)]
    paths = ("/health", "/readiness", "/metrics", "/api/v1/health", "/health?now=1", "/api/v1/metrics?")
    for request_id, path in zip(probes, paths):
        raw_session.exchange(raw_request("GET", path, [("X-Request-ID", request_id)])).expect(200)
    last = f"test-{uuid.uuid4()}"
    raw_session.exchange(raw_request("GET", "/nothing", [("X-Request-ID", last)]))
    service.logs.wait_for_access(last)  # of the same process of nginx, which writes in order
    _, lines = service.logs.whole_lines(ACCESS)
    assert [line for line in lines if any(request_id in line for request_id in probes)] == []
