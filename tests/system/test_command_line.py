# SPDX-License-Identifier: Apache-2.0
"""The program itself: bad settings, `config`, `version`, usage. No service is needed but for the
build that its start makes sure of."""

import os
import signal
import subprocess

import pytest

from latchkey_testkit import processes
from latchkey_testkit.client import Client
from latchkey_testkit.service import BINARY
from latchkey_testkit.waiting import wait_until

EX_USAGE = 64
EX_CONFIG = 78

DATABASE_PASSWORD = "database-password-4711"
GOOD = {
    "DATABASE_URL": f"postgresql://someone:{DATABASE_PASSWORD}@127.0.0.1:1/nowhere",
    "JWT_SECRET_KEY": "signing-key-0815-" + "k" * 40,
}
ADMIN_PASSWORD = "admin-password-0007"
SECRETS = (DATABASE_PASSWORD, ADMIN_PASSWORD, GOOD["JWT_SECRET_KEY"])

SETTINGS = """
    ADMIN_DATABASE_URL PURGE_SESSIONS_AFTER AUDIT_RETENTION
    DATABASE_URL DATABASE_TIMEOUT DATABASE_PREPARED JWT_SECRET_KEY JWT_ALGORITHM JWT_ISSUER
    ACCESS_TOKEN_EXPIRE_MINUTES REFRESH_TOKEN_EXPIRE_DAYS REFRESH_REUSE_LEEWAY BCRYPT_ROUNDS
    PASSWORD_HASH PASSWORD_POLICY PASSWORD_MIN_LENGTH CORS_ORIGINS LOG_LEVEL ENVIRONMENT
    CIRCUIT_BREAKER_THRESHOLD CIRCUIT_BREAKER_TIMEOUT CIRCUIT_BREAKER_HALF_OPEN_MAX_CALLS
    WORKER_TIMEOUT WORKER_MAX_REQUESTS RUNTIME_DIR RATE_LIMIT_LOGIN RATE_LIMIT_REGISTER
    HASH_QUEUE_LOGIN HASH_QUEUE_REGISTER METRICS_NETWORKS WORKER_MEMORY_MAX
""".split()


@pytest.fixture
def run(main_service, tmp_path):
    """run("serve", NAME="value"): the program with these settings only."""

    def run_it(*arguments, **settings):
        environment = {"PATH": os.environ["PATH"], "RUNTIME_DIR": str(tmp_path), **settings}
        done = subprocess.run(
            [str(BINARY), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        for secret in SECRETS:
            assert secret not in done.stdout + done.stderr
        return done

    return run_it


def assert_refused(done, *names):
    """Exit 78, and every fault named at once."""
    assert done.returncode == EX_CONFIG, done
    for name in names:
        assert name in done.stderr, done
    return done


def test_nothing_set(run):
    assert_refused(run("serve"), "DATABASE_URL", "JWT_SECRET_KEY")


def test_every_fault_at_once(run):
    faults = {
        "BCRYPT_ROUNDS": "99",
        "LOG_LEVEL": "LOUD",
        "WORKER_TIMEOUT": "soon",
        "JWT_ALGORITHM": "none",
        "PASSWORD_POLICY": "whatever",
        "PASSWORD_HASH": "md5",
        "ENVIRONMENT": "moon",
        "ACCESS_TOKEN_EXPIRE_MINUTES": "-1",
        "REFRESH_TOKEN_EXPIRE_DAYS": "1.5",
        "CIRCUIT_BREAKER_THRESHOLD": "0",
        "CIRCUIT_BREAKER_TIMEOUT": "60 parsecs",
        "DATABASE_PREPARED": "perhaps",
        "CORS_ORIGINS": "*",
        "RATE_LIMIT_LOGIN": "often",
        "HASH_QUEUE_LOGIN": "many",
    }
    done = run(
        "serve", DATABASE_URL=GOOD["DATABASE_URL"], JWT_SECRET_KEY="too-short-key-9", **faults
    )
    assert_refused(done, "JWT_SECRET_KEY", *faults)
    assert "too-short-key-9" not in done.stderr


@pytest.mark.parametrize("length", [0, 1, 31])
def test_short_keys(run, length):
    done = run("serve", DATABASE_URL=GOOD["DATABASE_URL"], JWT_SECRET_KEY="k" * length)
    assert_refused(done, "JWT_SECRET_KEY")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BCRYPT_ROUNDS", "3"),
        ("BCRYPT_ROUNDS", "17"),
        ("BCRYPT_ROUNDS", "12x"),
        ("BCRYPT_ROUNDS", ""),
        ("WORKER_TIMEOUT", "0"),
        ("WORKER_TIMEOUT", "99999999999999999999s"),
        ("REFRESH_REUSE_LEEWAY", "-1s"),
        ("DATABASE_TIMEOUT", "0ms"),
        ("PASSWORD_MIN_LENGTH", "0"),
        ("CORS_ORIGINS", "https://good.example.com,nonsense"),
        ("CORS_ORIGINS", "https://example.com/path"),
        ("JWT_SECRET_KEY", ""),
    ],
)
@pytest.mark.parametrize("command", ["serve", "config"])
def test_one_fault(run, command, name, value):
    done = run(command, **{**GOOD, name: value})
    if value == "" and name != "JWT_SECRET_KEY":
        assert done.returncode in (0, EX_CONFIG) or command == "serve"  # empty may mean the default
    else:
        assert_refused(done, name)


def test_faults_of_a_file(run, tmp_path):
    file = tmp_path / "bad.env"
    file.write_text("# comment\nBCRYPT_ROUNDS=99\nno equals sign\nNO_SUCH_SETTING=1\n")
    done = run("serve", "--config", str(file), **GOOD)
    assert_refused(done, "BCRYPT_ROUNDS", "NO_SUCH_SETTING", "3")


def test_a_file_that_is_not_there(run, tmp_path):
    missing = str(tmp_path / "missing.env")
    assert_refused(run("serve", "--config", missing, **GOOD), missing)


def test_config_shows_every_setting_and_masks_secrets(run):
    done = run("config", **GOOD)  # the secrets themselves: see the fixture
    assert done.returncode == 0, done
    for name in SETTINGS:
        assert name in done.stdout, name
    assert "127.0.0.1" in done.stdout or "*" in done.stdout


def test_environment_wins_over_the_file(run, tmp_path):
    file = tmp_path / "some.env"
    file.write_text('# comment\n\nBCRYPT_ROUNDS=5\nJWT_ISSUER="quoted issuer"\n')
    shown = run("config", "--config", str(file), **GOOD, BCRYPT_ROUNDS="6").stdout
    [rounds] = [line for line in shown.splitlines() if line.startswith("BCRYPT_ROUNDS ")]
    [issuer] = [line for line in shown.splitlines() if line.startswith("JWT_ISSUER ")]
    assert "6" in rounds and "5" not in rounds
    assert "quoted issuer" in issuer


def test_env_example(run, tmp_path):
    done = run("config", "--env-example")
    assert done.returncode == 0, done
    for name in SETTINGS:
        assert name in done.stdout, name
    example = tmp_path / "example.env"
    example.write_text(done.stdout)
    again = run("config", "--config", str(example), **GOOD)
    assert again.returncode == 0, again


def test_version(run, main_service):
    done = run("version")
    assert done.returncode == 0, done
    assert Client(main_service).get("/").json()["version"] in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("serve", "--nonsense"),
        ("serve", "surplus"),
        ("serve", "--api-workers"),
        ("serve", "--api-workers", "x"),
        ("serve", "--api-workers", "-1"),
        ("worker",),
        ("worker", "nonsense"),
        ("config", "--nonsense"),
    ],
    ids=" ".join,
)
def test_usage(run, arguments):
    done = run(*arguments, **GOOD)
    assert done.returncode == EX_USAGE, done
    assert done.stderr


def test_help(run):
    done = run("--help")
    assert done.returncode == 0, done
    for command in ("serve", "worker", "status", "doctor", "purge", "user", "config", "version"):
        assert command in done.stdout, done


def test_a_worker_without_a_socket(run):
    """Started by hand, without LISTEN_FDS: a clear refusal."""
    done = run("worker", "api", **GOOD)
    assert done.returncode > 0 and done.stderr, done


def test_serve_starts_while_the_database_is_down(main_service, tmp_path):
    """And leaves with 0 when told to. In production it warns of a secret that workers should not see."""
    admin_url = f"postgresql://latchkey_admin:{ADMIN_PASSWORD}@127.0.0.1:1/nowhere"
    settings = {**GOOD, "ADMIN_DATABASE_URL": admin_url, "PATH": os.environ["PATH"], "RUNTIME_DIR": str(tmp_path)}
    with open(tmp_path / "log", "wb") as log:
        server = subprocess.Popen(
            [str(BINARY), "serve", "--api-workers", "1", "--hash-workers", "1"],
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        workers = wait_until(
            lambda: len(found := processes.children(server.pid)) == 2 and found, "two workers"
        )
        for pool in ("api", "hash"):
            socket = tmp_path / f"{pool}.sock"
            wait_until(socket.is_socket, f"{pool}.sock")
            assert socket.stat().st_mode & 0o777 == 0o660
        assert server.poll() is None
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=15) == 0
        processes.wait_until_gone(workers, "the workers")
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()
    written = (tmp_path / "log").read_text()
    for secret in SECRETS:
        assert secret not in written
    assert written.count("ADMIN_DATABASE_URL is set where the workers can read it") == 1


def test_secrets_are_not_in_the_command_lines(main_service):
    """What `ps` shows is public."""
    shown = [
        " ".join(processes.command_line(pid))
        for pid in [main_service.supervisor_pid(), *main_service.worker_pids()]
    ]
    assert all(main_service.signing_key not in line for line in shown)
    assert all("postgres" not in line for line in shown)
