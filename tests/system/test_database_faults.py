# SPDX-License-Identifier: Apache-2.0
"""A database that is gone, frozen, or answers nonsense: 503, the breaker, 500; and recovery.

A copy of its own, with a short deadline and a breaker that opens and closes soon."""

import contextlib
import re

import pytest

from latchkey_testkit import processes
from latchkey_testkit.accounts import Account, registration
from latchkey_testkit.secrecy import fresh_marker
from latchkey_testkit.service import stopped_processes
from latchkey_testkit.waiting import wait_until

DATABASE_TIMEOUT_S = 1
BREAKER_TIMEOUT_S = 2
THRESHOLD = 3

SETTINGS = {
    "DATABASE_TIMEOUT": f"{DATABASE_TIMEOUT_S}s",
    "CIRCUIT_BREAKER_THRESHOLD": str(THRESHOLD),
    "CIRCUIT_BREAKER_TIMEOUT": f"{BREAKER_TIMEOUT_S}s",
    "LOG_LEVEL": "INFO",
}

ILLNESS = "DATABASE_UNAVAILABLE|CIRCUIT_OPEN|(?i:database|breaker|readiness)"


@pytest.fixture(scope="module")
def service(spare):
    with spare(settings=SETTINGS) as running:
        yield running


def unavailable(reply):
    """A 503 of either kind; returns which."""
    assert reply.status == 503, reply
    code = reply.json()["error_code"]
    assert code in ("DATABASE_UNAVAILABLE", "CIRCUIT_OPEN"), reply
    return code


def wait_for_recovery(account):
    """Normal again within the breaker's time and a second, and a slow machine's grace."""
    wait_until(
        lambda: account.session.me().status == 200, "recovery", timeout_s=BREAKER_TIMEOUT_S + 8
    )


def open_breaker(account):
    """Asks until the breaker answers; returns the codes on the way."""
    codes = []

    def refused_at_once():
        codes.append(unavailable(account.session.me()))
        return codes[-1] == "CIRCUIT_OPEN"

    wait_until(refused_at_once, "CIRCUIT_OPEN")
    return codes


def test_database_gone(service, client, account, expect_errors):
    expect_errors(ILLNESS)
    service.stop_database()
    try:
        codes = open_breaker(account)
        assert codes[0] == "DATABASE_UNAVAILABLE"
        assert len(codes) <= THRESHOLD + 1, codes

        reply = account.session.refresh()
        assert unavailable(reply) == "CIRCUIT_OPEN"
        assert 1 <= int(reply.header("Retry-After")) <= BREAKER_TIMEOUT_S
        assert reply.elapsed_s < 0.5
        for reply in (
            account.login(),
            account.login("wrong-password"),
            client.post("/auth/register", registration()),
            account.session.logout(),
            client.get("/auth/sessions", token=account.session.access_token),
            client.get("/readiness"),
        ):
            unavailable(reply)
        client.get("/health").expect(200)
        client.get("/auth/verify", token=account.session.access_token).expect(204)
        client.get("/users/me", token="x.y.z").expect_problem(401, "TOKEN_INVALID")
        client.post("/auth/register", {}).expect_problem(400, "VALIDATION_ERROR")
    finally:
        service.start_database()
    wait_for_recovery(account)
    wait_until(lambda: client.get("/readiness").status == 200, "readiness")
    account.session.refresh().expect(200)  # the refused refresh did not use the token up
    account.login().expect(200)
    Account(client)


def test_database_frozen(service, client, account, expect_errors):
    """A server that accepts and never answers costs the deadline, and no more."""
    expect_errors(ILLNESS)
    account.session.assert_lives()
    postmaster = service.postmaster_pid()
    with stopped_processes([postmaster, *processes.children(postmaster)]):
        reply = account.session.me()
        assert unavailable(reply) == "DATABASE_UNAVAILABLE"
        assert reply.elapsed_s < DATABASE_TIMEOUT_S + 1
        open_breaker(account)
        client.get("/health").expect(200)
    wait_for_recovery(account)
    account.session.refresh().expect(200)


def test_database_restarted_between_two_requests(service, account, expect_errors):
    """A connection that the server closed is reopened; no answer but 200 or a clear 503."""
    expect_errors(ILLNESS, required=False)
    account.session.assert_lives()
    service.stop_database()
    service.start_database()
    reply = account.session.me()
    assert reply.status == 200 or unavailable(reply) == "DATABASE_UNAVAILABLE"
    wait_for_recovery(account)


def test_connections_ended_by_an_administrator(service, account, expect_errors):
    expect_errors(ILLNESS, required=False)
    account.session.assert_lives()
    service.end_app_connections()
    for _ in range(6):
        reply = account.session.me()
        assert reply.status == 200 or unavailable(reply)
    wait_for_recovery(account)


# --- answers that nobody foresaw -----------------------------------------------------------------


@contextlib.contextmanager
def replaced_function(service, name, statements):
    """The owner gives one function another body, and the right one back."""
    [(definition,)] = service.query(
        "SELECT pg_get_functiondef(p.oid) FROM pg_proc p"
        " JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = 'latchkey' AND p.proname = %s",
        (name,),
    )
    faulty, replaced = re.subn(
        r"(?s)(AS \$function\$).*(\$function\$)",
        lambda match: f"{match[1]} BEGIN {statements} END {match[2]}",
        definition,
    )
    assert replaced == 1
    service.execute(faulty)
    try:
        yield
    finally:
        service.execute(definition)


FAULT_TEXT = "text-of-the-fault"
RAISE = f"RAISE EXCEPTION '{FAULT_TEXT}: SELECT secret FROM users';"


@pytest.mark.parametrize(
    "statements",
    [
        RAISE,
        "PERFORM 1 / 0;",
        "PERFORM * FROM latchkey.no_such_table;",
        f"RAISE unique_violation USING MESSAGE = '{FAULT_TEXT}', DETAIL = 'Key (email)=(a@b.c)';",
    ],
    ids=["raise", "division", "no-table", "unique"],
)
def test_database_error(service, client, account, statements, expect_errors):
    expect_errors("DATABASE_ERROR")
    with replaced_function(service, "session_user", statements):
        reply = account.session.me()
        reply.expect_problem(500, "DATABASE_ERROR")
        assert FAULT_TEXT not in reply.text
        line = service.logs.wait_for_request(reply.header("X-Request-ID"))
        assert line["level"] == "ERROR"
    account.session.assert_lives()


@pytest.mark.parametrize(
    ("function", "send"),
    [
        ("register_user", lambda client, account: client.post("/auth/register", registration())),
        ("login_attempt", lambda client, account: account.login()),
        ("login_accepted", lambda client, account: account.login()),
        ("login_refused", lambda client, account: account.login("wrong-password")),
        ("refresh_session", lambda client, account: account.session.refresh()),
        ("logout", lambda client, account: account.session.logout()),
        (
            "update_user",
            lambda client, account: client.patch(
                "/users/me",
                {"username": account.username + "x"},
                token=account.session.access_token,
            ),
        ),
        (
            "password_change",
            lambda client, account: client.put(
                "/users/me/password",
                {"current_password": account.password, "new_password": registration()["password"]},
                token=account.session.access_token,
            ),
        ),
    ],
)
def test_database_error_of_a_write(service, client, account, function, send, expect_errors):
    """With hashes among the arguments: the search of the logs at the end sees them all."""
    expect_errors("DATABASE_ERROR")
    with replaced_function(service, function, RAISE):
        send(client, account).expect_problem(500, "DATABASE_ERROR")
    account.session.assert_lives()
    account.session.refresh().expect(200)
    account.login().expect(200)


def test_errors_of_statements_do_not_open_the_breaker(service, account, expect_errors):
    expect_errors("DATABASE_ERROR")
    with replaced_function(service, "session_user", RAISE):
        for _ in range(3 * THRESHOLD):
            account.session.me().expect_problem(500, "DATABASE_ERROR")
    account.session.assert_lives()


@pytest.mark.parametrize(
    ("function", "send"),
    [
        ("session_user", lambda account: account.session.me()),
        ("refresh_session", lambda account: account.session.refresh()),
        ("login_accepted", lambda account: account.login()),
        ("logout", lambda account: account.session.logout()),
    ],
)
def test_unknown_outcome(service, account, function, send, expect_errors):
    expect_errors("INTERNAL_ERROR")
    with replaced_function(service, function, "outcome := 'surprise'; RETURN;"):
        reply = send(account)
        reply.expect_problem(500, "INTERNAL_ERROR")
        assert "surprise" not in reply.text
    account.session.assert_lives()


def test_a_slow_statement_ends_at_the_deadline(service, account, expect_errors):
    """The server itself gives it up, a little before the worker would."""
    expect_errors(ILLNESS)
    with replaced_function(service, "session_user", "PERFORM pg_sleep(20);"):
        reply = account.session.me()
        assert unavailable(reply) == "DATABASE_UNAVAILABLE"
        assert reply.elapsed_s < DATABASE_TIMEOUT_S + 1
        line = service.logs.wait_for_request(reply.header("X-Request-ID"))
        # Through a pooler the role's timeout counts, which is longer than this DATABASE_TIMEOUT.
        by_server = service.pooler == "none"
        assert line["cause"] == ("SQLSTATE 57014" if by_server else "the deadline passed")
    wait_for_recovery(account)


@pytest.mark.parametrize(
    "statements",
    [
        "schema_version := 0; read_only := false; RETURN;",
        "schema_version := 1000; read_only := true; RETURN;",
    ],
    ids=["schema-too-old", "read-only"],
)
def test_not_ready(service, client, account, statements, expect_errors):
    expect_errors(ILLNESS, required=False)
    with replaced_function(service, "readiness", statements):
        reply = client.get("/readiness").expect(503)
        assert unavailable(reply) == "DATABASE_UNAVAILABLE"
        client.get("/health").expect(200)
    client.get("/readiness").expect(200)
    account.session.assert_lives()


def test_query_strings_of_failing_requests_stay_out_of_the_logs(
    service, client, account, expect_errors
):
    expect_errors("DATABASE_ERROR")
    marker = fresh_marker()
    with replaced_function(service, "session_user", RAISE):
        reply = client.get(f"/users/me?q={marker}", token=account.session.access_token).expect(500)
    service.logs.wait_for_request(reply.header("X-Request-ID"))
    assert not [leak for leak in service.logs.leaked_secrets() if marker in leak]
