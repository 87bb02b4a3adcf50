# SPDX-License-Identifier: Apache-2.0
"""A copy with argon2id, a policy of strength and a blocklist; and what `latchkey blocklist` and
`latchkey config bench-hash` do."""

import json
import re

import pytest

from latchkey_testkit import program, vectors
from latchkey_testkit.accounts import Account, fresh_email, fresh_username, registration
from latchkey_testkit.secrecy import fresh_password, remember

EX_USAGE = 64
EX_DATAERR = 65
EX_NOINPUT = 66
EX_CONFIG = 78

LISTED = "Plausible-9-Enough"
CONFIGURED = "$argon2id$v=19$m=2048,t=2,p=1$"

# As other programs write them, of "password".
IMPORTED = {
    "bcrypt": "$2a$05$abcdefghijklmnopqrstuuWG29KuyeAicPCJODk1zjyGvyQUU2awu",
    "argon2id": "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
}


def build(path, lines, *files):
    done = program.run_bare("blocklist", "build", str(path), *map(str, files), stdin=lines)
    assert done.returncode == 0, done
    return done.stdout


@pytest.fixture(scope="module")
def blocklist(tmp_path_factory):
    path = tmp_path_factory.mktemp("blocklist") / "refused.blocklist"
    path.parent.chmod(0o755)
    path.parent.parent.chmod(0o755)
    build(path, f"first-of-the-list\n{LISTED}\r\n\n")
    return path


@pytest.fixture(scope="module")
def service(spare, blocklist):
    settings = {
        "PASSWORD_HASH": "argon2id",
        "ARGON2_MEMORY": "2048",
        "ARGON2_PASSES": "2",
        "PASSWORD_POLICY": "strength",
        "PASSWORD_BLOCKLIST": str(blocklist),
    }
    with spare(settings=settings) as running:
        yield running


def stored_hash(service, account):
    [(stored,)] = service.query("SELECT password_hash FROM latchkey.users WHERE id = %s", (account.id,))
    return stored


def store(service, account, stored):
    service.query("UPDATE latchkey.users SET password_hash = %s WHERE id = %s RETURNING id", (stored, account.id))


def refusals(reply):
    body = reply.expect_problem(400, "VALIDATION_ERROR")
    return {(fault["field"], fault["code"]) for fault in body["errors"]}


# --- argon2id -----------------------------------------------------------------------------


def test_new_hashes_have_the_scheme_and_cost_of_the_settings(service, account):
    assert stored_hash(service, account).startswith(CONFIGURED)
    account.login().expect(200)
    account.login(account.password + "x").expect_problem(401, "INVALID_CREDENTIALS")


@pytest.mark.parametrize(("stored", "password"), vectors.bcrypt_known_answers())
def test_a_hash_of_bcrypt_is_replaced_at_login(service, account, stored, password):
    store(service, account, stored)
    account.login(password + "x").expect_problem(401, "INVALID_CREDENTIALS")
    assert stored_hash(service, account) == stored
    account.login(password).expect(200)
    assert stored_hash(service, account).startswith(CONFIGURED)
    account.login(password).expect(200)


def test_a_hash_of_another_cost_is_replaced_at_login(service, account):
    store(service, account, IMPORTED["argon2id"])
    account.login("password").expect(200)
    renewed = stored_hash(service, account)
    assert renewed.startswith(CONFIGURED)
    account.login("password").expect(200)
    assert stored_hash(service, account) == renewed


def test_a_long_password(service, client):
    """argon2id takes 1024 bytes, every one of which counts."""
    longest = remember(fresh_password() + "x" * (1024 - len(fresh_password())))
    account = Account(client, password=longest)
    account.login().expect(200)
    account.login(longest[:-1] + "y").expect_problem(401, "INVALID_CREDENTIALS")
    account.login(longest + "x").expect_problem(401, "INVALID_CREDENTIALS")
    too_long = client.post("/auth/register", registration(password=longest + "x"))
    assert ("password", "too_long") in refusals(too_long)


@pytest.mark.parametrize(
    "stored",
    [
        "*0",
        "$argon2id$",
        "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=1024,t=4294967295,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    ],
    ids=repr,
)
def test_a_stored_hash_that_cannot_be_used(service, account, stored):
    store(service, account, stored)
    account.login().expect_problem(401, "INVALID_CREDENTIALS")
    account.session.assert_lives()


def test_stored_hashes_of_the_highest_cost_fit_into_a_worker(service, account):
    """128 MiB within WORKER_MEMORY_MAX of 256; the memory is given back."""
    store(service, account, IMPORTED["argon2id"].replace("m=256", "m=131072"))
    before = service.worker_pids("hash")
    account.login().expect_problem(401, "INVALID_CREDENTIALS")
    assert service.worker_pids("hash") == before
    for pid in before:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            resident_kib = int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])
        assert resident_kib < 100_000


@pytest.mark.parametrize("scheme", sorted(IMPORTED))
def test_imported_users_log_in(service, client, tmp_path, scheme):
    name = fresh_username()
    path = tmp_path / "users.jsonl"
    path.write_text(json.dumps({"email": fresh_email(), "username": name, "password_hash": IMPORTED[scheme]}))
    done = program.run(service, "user", "import", str(path))
    assert (done.returncode, done.stdout) == (0, "1 user imported, 0 lines refused.\n"), done
    wrong = {"username": name, "password": "passwordx"}
    client.post("/auth/login", wrong).expect_problem(401, "INVALID_CREDENTIALS")
    client.post("/auth/login", {"username": name, "password": "password"}).expect(200)


# --- strength and blocklist ---------------------------------------------------------------


@pytest.mark.parametrize("password", ["password1234", "aaaaaaaaaaaaaaaa", "qwertyuiopasdf"])
def test_weak_passwords_are_refused(client, account, password):
    assert ("password", "too_weak") in refusals(client.post("/auth/register", registration(password=password)))
    change = {"current_password": account.password, "new_password": password}
    reply = client.put("/users/me/password", change, token=account.session.access_token)
    assert ("new_password", "too_weak") in refusals(reply)


def test_the_name_makes_a_password_no_stronger(client):
    body = registration(username="kryptomnesius", password="kryptomnesius1")
    assert refusals(client.post("/auth/register", body)) == {("password", "too_weak")}


@pytest.mark.parametrize("spelling", [str, str.lower, str.upper])
def test_listed_passwords_are_refused(service, client, account, spelling):
    password = spelling(LISTED)
    refused = {("password", "too_common")}
    assert refusals(client.post("/auth/register", registration(password=password))) == refused
    change = {"current_password": account.password, "new_password": password}
    reply = client.put("/users/me/password", change, token=account.session.access_token)
    assert refusals(reply) == {("new_password", "too_common")}
    names = ["--email", fresh_email(), "--username", fresh_username()]
    done = program.run(service, "user", "create", *names, "--password-file", "-", stdin=password + "\n")
    assert done.returncode == EX_DATAERR and "guessed first" in done.stderr


def test_who_has_a_listed_password_already_logs_in(service, account):
    """The rules are for new passwords."""
    store(service, account, IMPORTED["argon2id"])
    account.login("password").expect(200)


# --- the commands -------------------------------------------------------------------------


def test_a_new_list_is_read_after_a_roll(service, blocklist, client):
    body = registration(password="another-plausible-word-7")
    client.post("/auth/register", body).expect(201)
    build(blocklist, f"{LISTED}\n{body['password']}\n")
    service.roll()
    assert refusals(client.post("/auth/register", registration(password=body["password"]))) == {
        ("password", "too_common")
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be opened: No such file"),
        (b"password\n123456\n", "is no blocklist of this version"),
        (b"LKBLOCK\x01" + bytes(7) + b"\x05", "is cut short or damaged"),
    ],
)
def test_a_bad_list_is_a_wrong_setting(service, tmp_path, content, reason):
    path = tmp_path / "bad.blocklist"
    if content is not None:
        path.write_bytes(content)
    done = program.run(service, "config", settings={"PASSWORD_BLOCKLIST": str(path)})
    assert done.returncode == EX_CONFIG
    assert re.search(rf'PASSWORD_BLOCKLIST: "{path}" {reason}', done.stderr), done.stderr


def test_build_and_check(tmp_path):
    lists = [tmp_path / "one.txt", tmp_path / "two.txt"]
    lists[0].write_text("sunshine99\nSUNSHINE99\n")
    lists[1].write_text("letmein!!\n" + "x" * 2000 + "\n")
    path = tmp_path / "made.blocklist"
    said = build(path, None, *lists)
    assert said == f"{path}: 2 entries of 3 passwords.\n1 line is too long for a password.\n"
    assert path.stat().st_mode & 0o777 == 0o644 and len(list(tmp_path.iterdir())) == 3
    done = program.run_bare("blocklist", "check", str(path))
    assert (done.returncode, done.stdout) == (0, f"{path}: 2 entries, in order.\n")
    for password, status in (("SunShine99", EX_DATAERR), ("sunshine98", 0)):
        done = program.run_bare("blocklist", "check", str(path), "--password-file", "-", stdin=password + "\n")
        assert done.returncode == status


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ([], EX_USAGE, "needs a verb"),
        (["make"], EX_USAGE, 'no verb "make"'),
        (["build"], EX_USAGE, "build needs OUTPUT"),
        (["check"], EX_USAGE, "check needs one FILE"),
        (["build", "{tmp}/x", "{tmp}/missing"], EX_NOINPUT, "missing: No such file"),
        (["build", "{tmp}/nowhere/x", "/dev/null"], EX_NOINPUT, "nowhere/x: No such file"),
        (["check", "/dev/null"], EX_DATAERR, "/dev/null is not a regular file"),
    ],
)
def test_what_blocklist_refuses(tmp_path, words, status, message):
    done = program.run_bare("blocklist", *(word.replace("{tmp}", str(tmp_path)) for word in words), stdin="")
    assert done.returncode == status and message in done.stderr, done
    assert not list(tmp_path.iterdir())


def test_bench_hash_proposes_settings(service):
    done = program.run_bare("config", "bench-hash", "--target", "10ms")
    assert done.returncode == 0, done
    proposals = re.findall(r"^  PASSWORD_HASH=.*?(?=   |$)", done.stdout, re.M)
    assert len(proposals) == 2
    for proposal in proposals:
        settings = dict(word.split("=") for word in proposal.split())
        assert program.run(service, "config", settings=settings).returncode == 0
    for wrong in ("1ms", "1m", "soon"):
        assert program.run_bare("config", "bench-hash", "--target", wrong).returncode == EX_USAGE
