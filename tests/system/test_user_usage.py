# SPDX-License-Identifier: Apache-2.0
"""`latchkey user` as a command: what it says of a wrong line, and what it does when the database or
its own output is out of reach. What the verbs do: test_user_command."""

import re
import subprocess

from latchkey_testkit import program, secrecy

EX_USAGE = 64
EX_SOFTWARE = 70
EX_CONFIG = 78


def test_usage(service):
    for words in ([], ["dance"], ["show"], ["list", "--sort", "age"], ["revoke", "x"]):
        done = program.run(service, "user", *words)
        assert done.returncode == EX_USAGE and "Usage: latchkey user" in done.stderr
    done = program.run(service, "user", "--help", without_config=True)
    assert done.returncode == 0
    for verb in "list show create deactivate activate reset-password sessions revoke import".split():
        assert f"\n      {verb} " in done.stdout


def test_a_fault_is_said_with_the_usage_of_the_verb_alone(service):
    """Three lines, not the fifty of all verbs: the fault would have left the screen."""
    for words in (["revoke", "ada"], ["list", "--limit", "0"], ["dance"], []):
        said = program.run(service, "user", *words).stderr.splitlines()
        assert len(said) <= 5 and said[0].startswith("latchkey: "), said
        assert "latchkey user --help" in said[-1]
    done = program.run(service, "user", "revoke", "ada", "--help")
    assert done.returncode == 0 and done.stdout.startswith("Usage: latchkey user revoke NAME (")
    assert "deactivate" not in done.stdout


def test_output_that_is_lost_is_a_failure(service, account):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            program.command(service, "user", "list"),
            env=program.environment(service.settings),
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=program.TIMEOUT_S,
            check=False,
        )
    assert done.returncode == EX_SOFTWARE and "standard output" in done.stderr


def test_users_never_go_into_the_connection(service):
    """Standard output is closed: the next descriptor of that number is the database's."""
    service.query(
        "INSERT INTO latchkey.users (email, username, password_hash)"
        " SELECT 'flood' || n || '@example.com', 'flood' || n, 'locked'"
        " FROM generate_series(1, 1500) n ON CONFLICT DO NOTHING RETURNING 1"
    )
    line = program.command(service, "user", "list", "--json")
    offset = service.logs.size("postgresql.log")
    done = subprocess.run(
        ["/bin/sh", "-c", '"$@" >&-', "sh", *line],
        env=program.environment(service.settings),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=program.TIMEOUT_S,
        check=False,
    )
    service.execute("DELETE FROM latchkey.users WHERE username LIKE 'flood%'")
    assert (done.returncode, done.stderr) == (0, "")
    _, lines = service.logs.whole_lines("postgresql.log", offset)
    assert not [line for line in lines if "frontend message" in line]


def test_a_database_that_is_away_is_no_empty_list(service):
    away = {"ADMIN_DATABASE_URL": "postgresql://latchkey_admin@/latchkey?host=/nonexistent"}
    done = program.run(service, "user", "list", settings=away)
    assert (done.returncode, done.stdout) == (EX_SOFTWARE, "") and "/nonexistent" in done.stderr


def test_without_the_setting(service):
    done = program.run(service, "user", "list", without_config=True)
    assert done.returncode == EX_CONFIG and "ADMIN_DATABASE_URL" in done.stderr


def test_with_the_workers_role(service):
    """A worker in the wrong hands cannot list the users."""
    url = service.generated_settings()["DATABASE_URL"]
    done = program.run(service, "user", "list", settings={"ADMIN_DATABASE_URL": url})
    assert done.returncode == EX_SOFTWARE and "42501" in done.stderr


def test_with_a_wrong_password(service):
    url = service.generated_settings()["ADMIN_DATABASE_URL"]
    wrong = secrecy.remember("f00d" * 8 + "1234567")
    url = re.sub(r"(latchkey_admin):\w+@", rf"\1:{wrong}@", url)
    done = program.run(service, "user", "list", settings={"ADMIN_DATABASE_URL": url})
    assert done.returncode == EX_SOFTWARE and "password authentication failed" in done.stderr
