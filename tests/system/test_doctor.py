# SPDX-License-Identifier: Apache-2.0
"""`latchkey doctor`: a copy that is well gives it nothing to say, and each thing that is spoilt is
found, alone, with an exit status for scripts. Nothing is changed by looking. What it says of the
database: test_doctor_database."""

import contextlib
import datetime
import json
import os
import pwd
import shutil
import subprocess

import pytest

from latchkey_testkit import program
from latchkey_testkit.doctor import AREAS, assert_only, examine, run


@pytest.fixture(scope="module")
def service(spare):
    # The doctor looks at the server itself, not at a pooler before it.
    with spare(settings={"LOG_LEVEL": "INFO"}, pooler="none") as running:
        yield running


@pytest.fixture
def settings_file(service, tmp_path):
    """A copy of the settings that a test may spoil."""
    file = tmp_path / "latchkey.env"
    shutil.copy(service.state_dir / "latchkey.env", file)
    file.chmod(0o600)
    return file


# --- all is well -----------------------------------------------------------------------------


def test_a_copy_that_is_well(service, account):
    account.session.assert_lives()
    offset = service.logs.size("worker.log")
    assert examine(service) == {}
    done = run(service)
    assert done.returncode == 0, done
    assert done.stdout.endswith("ok.\n") and "0 failures, 0 warnings, " in done.stdout
    for area in AREAS[:-1]:
        assert f"{area}\n" in done.stdout
    assert "\033" not in done.stdout, "colours are for terminals"
    # The workers have not noticed anything.
    account.session.assert_lives()
    _, lines = service.logs.worker_lines(offset)
    assert all(line["level"] == "INFO" for line in lines), lines


def test_every_check_is_there(service):
    report = json.loads(run(service, "--json").stdout)
    assert [(f["area"], f["check"]) for f in report["findings"]] == [
        ("settings", "load"),
        ("key", "strength"),
        ("key", "keys"),
        ("key", "signer"),
        ("key", "file"),
        ("runtime", "directory"),
        ("runtime", "api.sock"),
        ("runtime", "hash.sock"),
        ("runtime", "segment"),
        ("runtime", "breaker"),
        ("workers", "api"),
        ("workers", "hash"),
        *(
            ("database", check)
            for check in (
                *("host", "tls", "clock", "version", "schema", "functions", "tables"),
                *("role", "role_settings", "connections"),
            )
        ),
    ]


def test_usage(service):
    assert run(service, "surplus").returncode == 64
    assert run(service, "--certificate").returncode == 64


# --- settings and files ----------------------------------------------------------------------


def test_faults_of_settings_do_not_end_the_examination(service):
    found = examine(service, settings={"BCRYPT_ROUNDS": "99", "LOG_LEVEL": "LOUD"})
    assert_only(found, "settings", "load", "failure", "LOG_LEVEL")
    done = run(service, settings={"BCRYPT_ROUNDS": "99", "LOG_LEVEL": "LOUD"})
    assert "BCRYPT_ROUNDS" in done.stdout and "takes writes" in done.stdout


def test_cheap_hashes_are_a_warning_in_production(service):
    found = examine(service, settings={"BCRYPT_ROUNDS": "4", "ENVIRONMENT": "production"})
    assert_only(found, "settings", "advisable", "warning", "BCRYPT_ROUNDS")


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o602], ids=oct)
def test_a_file_of_settings_that_others_may_touch(service, settings_file, mode):
    settings_file.chmod(mode)
    found = examine(service, file=settings_file)
    assert_only(found, "key", "file", "failure", f"{mode:04o}")


@contextlib.contextmanager
def mode_of(path, mode):
    before = path.stat().st_mode & 0o7777
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)


# --- the blocklist ---------------------------------------------------------------------------


@pytest.fixture
def blocklist(open_folder):
    """A list that the user of the service may read, whoever that is."""
    words = open_folder / "words"
    words.write_text("password\nqwertyuiop\n")
    done = program.run_bare("blocklist", "build", str(open_folder / "list"), str(words))
    assert done.returncode == 0, done
    return open_folder / "list"


def examine_with(service, path):
    return examine(service, settings={"PASSWORD_BLOCKLIST": str(path)})


def test_a_blocklist_that_is_well(service, blocklist):
    assert examine_with(service, blocklist) == {}
    done = run(service, settings={"PASSWORD_BLOCKLIST": str(blocklist)})
    assert f"ok        blocklist      {blocklist}: " in done.stdout


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda path: path.unlink(), "No such file"),
        (lambda path: path.write_bytes(path.read_bytes()[:-3]), "cut short"),
        (lambda path: path.write_text("password\n"), "no blocklist"),
    ],
    ids=["missing", "cut", "words"],
)
def test_a_blocklist_that_cannot_be_used(service, blocklist, spoil, word):
    spoil(blocklist)
    found = examine_with(service, blocklist)
    assert_only(found, "settings", "load", "failure", word)
    advice = found["settings", "load"]["advice"]
    assert "latchkey blocklist build" in advice and "/usr/share/latchkey" in advice


@pytest.mark.parametrize(
    ("mode", "status"), [(0o646, "failure"), (0o664, "warning")], ids=["everybody", "group"]
)
def test_a_blocklist_that_others_may_change(service, blocklist, mode, status):
    blocklist.chmod(mode)
    found = examine_with(service, blocklist)
    assert_only(found, "settings", "blocklist", status, f"{mode:04o}")
    assert str(blocklist) in found["settings", "blocklist"]["advice"]


def test_a_blocklist_that_everybody_may_replace(service, blocklist):
    blocklist.parent.chmod(0o777)
    found = examine_with(service, blocklist)
    assert_only(found, "settings", "blocklist", "failure", "can be changed by everybody")


@pytest.mark.skipif(os.getuid() != 0, reason="root reads what the service may not")
def test_a_blocklist_that_only_root_can_read(service, blocklist, tmp_path):
    """Root who asks could read it; the service could not."""
    blocklist.chmod(0o600)
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    run_dir.chmod(0o750)
    os.chown(run_dir, pwd.getpwnam("nobody").pw_uid, -1)
    found = examine(
        service, settings={"PASSWORD_BLOCKLIST": str(blocklist), "RUNTIME_DIR": str(run_dir)}
    )
    finding = found["settings", "blocklist"]
    assert finding["status"] == "failure" and "cannot be read by nobody" in finding["found"]
    assert finding["advice"].startswith(f"chmod 0644 {blocklist}")


def test_a_runtime_directory_that_everybody_may_change(service):
    with mode_of(service.state_dir / "run", 0o777):
        assert_only(examine(service), "runtime", "directory", "failure", "0777")
    assert examine(service) == {}


def test_a_socket_that_everybody_may_use(service):
    with mode_of(service.state_dir / "run" / "hash.sock", 0o666):
        assert_only(examine(service), "runtime", "hash.sock", "failure", "0666")


def test_a_service_that_does_not_run(service, tmp_path):
    tmp_path.chmod(0o750)
    found = examine(service, settings={"RUNTIME_DIR": str(tmp_path)})
    assert {key: finding["status"] for key, finding in found.items()} == {
        ("runtime", "api.sock"): "failure",
        ("runtime", "hash.sock"): "failure",
        ("runtime", "segment"): "failure",
        ("runtime", "breaker"): "could_not_ask",
        ("workers", "workers"): "could_not_ask",
    }
    assert list(tmp_path.iterdir()) == [], "who only looks makes nothing"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user to be refused")
def test_somebody_else_is_told_that_nothing_could_be_seen(service, open_folder):
    found = examine(service, **program.as_nobody(open_folder))
    assert found["settings", "load"]["status"] == "failure"
    assert found["runtime", "segment"]["status"] == "failure"
    assert found["runtime", "api.sock"]["status"] == "could_not_ask"
    assert found["database", "host"]["status"] == "could_not_ask"


# --- certificates ----------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path):
    """certificate(days): a file with one that expires so many days, and an hour, from now."""

    def make(days):
        folder = tmp_path / f"authority{days}"
        folder.mkdir()
        now = datetime.datetime.now(datetime.timezone.utc)
        ends = now + datetime.timedelta(days=days, hours=1)
        begins = min(now, ends) - datetime.timedelta(days=1)
        (folder / "index").touch()
        (folder / "conf").write_text(
            "[ca]\ndefault_ca=own\n[own]\ndatabase=index\nnew_certs_dir=.\nrand_serial=yes\n"
            "default_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n"
        )
        for command in (
            "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
            " -keyout key -out request -subj /CN=doctor.example.com",
            "openssl ca -batch -notext -config conf -selfsign -keyfile key -in request -out pem"
            f" -startdate {begins:%Y%m%d%H%M%SZ} -enddate {ends:%Y%m%d%H%M%SZ}",
        ):
            subprocess.run(command.split(), cwd=folder, check=True, capture_output=True, timeout=30)
        return str(folder / "pem")

    return make


def test_certificates(service, certificate, tmp_path):
    own = service.state_dir / "tls"
    paths = [str(path) for path in sorted(own.glob("*.crt"))]
    assert paths
    arguments = [word for path in paths for word in ("--certificate", path)]
    assert examine(service, *arguments) == {}
    expired = certificate(-1)
    found = examine(service, *arguments, "--certificate", expired)
    assert_only(found, "certificates", "certificate", "failure", "has expired")
    assert "CN=doctor.example.com" in found["certificates", "certificate"]["found"]
    found = examine(service, "--certificate", certificate(2))
    assert_only(found, "certificates", "certificate", "failure", "expires in 2 days")
    found = examine(service, "--certificate", certificate(10))
    assert_only(found, "certificates", "certificate", "warning", "expires in 10 days")
    assert examine(service, "--certificate", certificate(20)) == {}
    found = examine(service, "--certificate", str(tmp_path / "none.pem"))
    assert_only(found, "certificates", "certificate", "failure", "No such file")
