# SPDX-License-Identifier: Apache-2.0
"""`latchkey doctor` and the database: stopped, with another schema, with privileges that the role
lacks or should not have, with too few connections; and the breaker, which it leaves alone."""

import contextlib
import subprocess

import pytest

from latchkey_testkit.doctor import assert_only, examine
from latchkey_testkit.outages import administrator
from latchkey_testkit.service import BINARY
from latchkey_testkit.waiting import wait_until

SETTINGS = {
    "DATABASE_TIMEOUT": "1s",
    "CIRCUIT_BREAKER_THRESHOLD": "3",
    "CIRCUIT_BREAKER_TIMEOUT": "1h",  # nothing but the operator closes it
    "LOG_LEVEL": "INFO",
}
WORKERS = 4
ILLNESS = "DATABASE_UNAVAILABLE|CIRCUIT_OPEN|(?i:breaker)"


@pytest.fixture(scope="module")
def service(spare):
    # The doctor looks at the server itself, not at a pooler before it.
    with spare(settings=SETTINGS, pooler="none") as running:
        yield running


def test_a_database_that_is_stopped_and_a_breaker_that_is_open(service, account, expect_errors):
    expect_errors(ILLNESS)
    service.stop_database()
    try:
        found = examine(service)
        assert found["database", "host"]["status"] == "failure"
        assert found["database", "schema"]["status"] == "could_not_ask"
        assert len(found) == 2, "the breaker has not noticed, and the doctor did not tell it"
        wait_until(
            lambda: account.session.me().json()["error_code"] == "CIRCUIT_OPEN", "CIRCUIT_OPEN"
        )
    finally:
        service.start_database()
    # The database is back; the breaker knows nothing of it, and is none of the doctor's to close.
    found = examine(service)
    assert_only(found, "runtime", "breaker", "failure", "open")
    assert "LatchkeyBreakerOpen" in found["runtime", "breaker"]["advice"]
    assert_only(examine(service), "runtime", "breaker", "failure", "open")
    subprocess.run(
        [str(BINARY), "status", "--reset-breaker", "database"],
        env={"RUNTIME_DIR": str(service.state_dir / "run")},
        timeout=30,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    assert examine(service) == {}
    account.session.assert_lives()


@contextlib.contextmanager
def changed(service, change, back):
    with administrator(service) as cursor:
        cursor.execute(change)
        try:
            yield cursor
        finally:
            cursor.execute(back)


def test_a_function_that_may_not_be_called(service):
    function = "FUNCTION latchkey.logout(uuid, bigint, inet, text, text)"
    with changed(
        service,
        f"REVOKE EXECUTE ON {function} FROM latchkey_app",
        f"GRANT EXECUTE ON {function} TO latchkey_app",
    ):
        found = examine(service)
    assert_only(found, "database", "functions", "failure", "logout(uuid,bigint,inet,text,text)")
    assert examine(service) == {}


def test_a_function_that_should_not_be_called(service):
    function = "FUNCTION latchkey.end_sessions"
    with changed(
        service,
        f"GRANT EXECUTE ON {function} TO latchkey_app",
        f"REVOKE EXECUTE ON {function} FROM latchkey_app",
    ):
        found = examine(service)
    assert_only(found, "database", "functions", "warning", "end_sessions(")


@pytest.mark.parametrize("what", ["SELECT", "UPDATE (email)"])
def test_a_table_that_is_open(service, what):
    with changed(
        service,
        f"GRANT {what} ON latchkey.users TO latchkey_app",
        f"REVOKE {what} ON latchkey.users FROM latchkey_app",
    ):
        found = examine(service)
    assert_only(found, "database", "tables", "failure", "users")


@pytest.mark.parametrize("attribute", ["CREATEROLE", "CREATEDB", "BYPASSRLS"])
def test_a_role_that_may_too_much(service, attribute):
    with changed(
        service,
        f"ALTER ROLE latchkey_app {attribute}",
        f"ALTER ROLE latchkey_app NO{attribute}",
    ):
        found = examine(service)
    assert_only(found, "database", "role", "failure", attribute)


def test_a_role_that_owns_the_schema(service):
    with changed(
        service,
        "ALTER SCHEMA latchkey OWNER TO latchkey_app",
        # The privilege of its own went with the ownership.
        "ALTER SCHEMA latchkey OWNER TO latchkey_owner;"
        " GRANT USAGE ON SCHEMA latchkey TO latchkey_app",
    ):
        found = examine(service)
    assert_only(found, "database", "role", "failure", "owner of the schema")
    assert examine(service) == {}


def test_a_role_with_a_membership(service):
    with changed(
        service, "GRANT pg_monitor TO latchkey_app", "REVOKE pg_monitor FROM latchkey_app"
    ):
        found = examine(service)
    assert_only(found, "database", "role", "warning", "pg_monitor")


def test_a_setting_of_the_role_that_is_gone(service):
    with changed(
        service,
        "ALTER ROLE latchkey_app IN DATABASE latchkey RESET lock_timeout",
        "ALTER ROLE latchkey_app IN DATABASE latchkey SET lock_timeout = '1500ms'",
    ):
        found = examine(service)
    assert_only(found, "database", "role_settings", "warning", "lock_timeout")


def test_a_role_with_too_few_connections(service, account):
    limit = "ALTER ROLE latchkey_app CONNECTION LIMIT"
    with changed(service, f"{limit} {WORKERS}", f"{limit} -1"):
        service.end_app_connections()
        assert_only(examine(service), "database", "connections", "warning", f"role: {WORKERS}")
    with changed(service, f"{limit} {WORKERS - 1}", f"{limit} -1"):
        service.end_app_connections()
        assert_only(examine(service), "database", "connections", "failure", f"role: {WORKERS - 1}")
    with changed(service, f"{limit} 0", f"{limit} -1"):  # not even the doctor gets in
        found = examine(service)
        assert "too many connections for role" in found["database", "host"]["found"]
        assert found["database", "schema"]["status"] == "could_not_ask"
    assert examine(service) == {}
    account.session.assert_lives()


READINESS = """
    CREATE OR REPLACE FUNCTION
      latchkey.readiness(OUT schema_version integer, OUT read_only boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
    AS $$ BEGIN schema_version := 1; read_only := false; END $$
"""


def test_a_schema_that_is_older(service):
    [[definition]] = service.query(
        "SELECT pg_get_functiondef('latchkey.readiness()'::regprocedure)"
    )
    with changed(service, READINESS, definition):
        assert_only(examine(service), "database", "schema", "failure", "version 1")
    with changed(
        service,
        "ALTER FUNCTION latchkey.readiness() RENAME TO unreadiness",
        "ALTER FUNCTION latchkey.unreadiness() RENAME TO readiness",
    ):
        found = examine(service)
        assert found["database", "schema"]["status"] == "failure"
        assert "readiness()" in found["database", "functions"]["found"]
    assert examine(service) == {}


def test_a_wrong_password(service):
    url = service.generated_settings()["DATABASE_URL"]
    before, at, after = url.rpartition("@")
    wrong = before[:-4] + "0000" + at + after
    found = examine(service, settings={"DATABASE_URL": wrong})
    assert "authentication failed" in found["database", "host"]["found"]
    assert found["database", "schema"]["status"] == "could_not_ask"


def test_every_host_is_looked_at(service, tmp_path):
    url = service.generated_settings()["DATABASE_URL"]
    before, equals, folder = url.rpartition("=")
    several = f"{before}{equals}{tmp_path},{folder}"
    found = examine(service, settings={"DATABASE_URL": several})
    assert_only(found, "database", "host", "warning", str(tmp_path))
