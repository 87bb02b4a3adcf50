# SPDX-License-Identifier: Apache-2.0
"""`latchkey user import`: users from elsewhere log in with the passwords that they have; hostile files
get a clear error; a large file takes seconds."""

import csv
import io
import json
import re
import resource
import subprocess
import time
import warnings

import pytest

from latchkey_testkit import program, secrecy
from latchkey_testkit.accounts import fresh_email, fresh_username
from latchkey_testkit.service import BUILD

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import crypt

EX_USAGE = 64
EX_DATAERR = 65
EX_NOINPUT = 66

COLUMNS = ["email", "username", "password_hash", "is_active", "created_at"]
SOME_HASH = "$2b$12$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"


def hash_of(password, prefix="$2b$", rounds=32):
    """As another program would have made it: at another cost than the service's."""
    stored = crypt.crypt(password, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=rounds))
    return secrecy.remember(prefix + stored[4:])


def row(**changes):
    return {"email": fresh_email(), "username": fresh_username(), "password_hash": SOME_HASH, **changes}


def as_csv(rows, end="\r\n"):
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_json_lines(rows):
    return "".join(json.dumps(each) + "\n" for each in rows)


@pytest.fixture
def import_file(service, tmp_path):
    """import_file("name.csv", content, option...): the finished command."""

    def run(name, content, *options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return program.run(service, "user", "import", str(path), *options)

    return run


def stored(service, username):
    found = service.query(
        "SELECT email, is_active, created_at::text, last_login, password_hash"
        " FROM latchkey.users WHERE username = %s", (username,),
    )
    return found[0] if found else None


def refusals(done, status=EX_DATAERR):
    """["line:code", ...] of a report in JSON, and its summary."""
    assert (done.returncode, done.stderr) == (status, ""), done
    *lines, summary = [json.loads(line) for line in done.stdout.splitlines()]
    assert summary["refused"] == len(lines)
    return [f"{line['line']}:{line['code']}" for line in lines], summary


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_an_imported_user_logs_in_and_the_hash_is_renewed(service, client, import_file, prefix, kind):
    password = secrecy.fresh_password()
    given = row(password_hash=hash_of(password, prefix), created_at="2020-02-29T12:00:00+01:00")
    text = as_csv([given]) if kind == "csv" else as_json_lines([given])
    done = import_file(f"users.{kind}", text)
    assert (done.returncode, done.stdout) == (0, "1 user imported, 0 lines refused.\n"), done
    email, is_active, created_at, last_login, kept = stored(service, given["username"])
    assert (email, is_active, created_at) == (given["email"], True, "2020-02-29 11:00:00+00")
    assert (last_login, kept) == (None, given["password_hash"])

    client.post(
        "/auth/login", {"username": given["username"], "password": password + "x"}
    ).expect_problem(401, "INVALID_CREDENTIALS")
    client.post("/auth/login", {"email": email.upper(), "password": password}).expect(200)
    renewed = stored(service, given["username"])[4]
    assert renewed.startswith("$2b$04$"), "the hash has the scheme and the cost of the settings now"
    client.post("/auth/login", {"username": given["username"], "password": password}).expect(200)
    assert stored(service, given["username"])[4] == renewed

    [(event, actor)] = service.query(
        "SELECT a.event, a.actor FROM latchkey.audit_events a JOIN latchkey.users u ON u.id = a.user_id"
        " WHERE u.username = %s ORDER BY a.id LIMIT 1", (given["username"],),
    )
    assert event == "user_imported" and re.fullmatch(r"cli:[\w-]+", actor)


def test_an_inactive_user_stays_inactive(service, client, import_file):
    password = secrecy.fresh_password()
    given = row(password_hash=hash_of(password), is_active=False)
    assert import_file("users.jsonl", as_json_lines([given])).returncode == 0
    client.post(
        "/auth/login", {"username": given["username"], "password": password}
    ).expect_problem(403, "USER_INACTIVE")


def test_lines_are_refused_one_by_one(service, account, import_file):
    good, twin = row(), row()
    rows = [
        row(email=account.email.upper()),
        row(username=account.username.upper()),
        good,
        row(email=good["email"].upper()),
        row(username=good["username"]),
        row(password_hash="5f4dcc3b5aa765d61d8327deb882cf99"),
        row(password_hash=""),
        row(email="nonsense"),
        row(username="no blanks"),
        row(is_active="perhaps"),
        row(created_at="9" * 400),
        row(created_at="2999-01-01T00:00:00Z"),
        twin,
        twin,
    ]
    expected = [
        "2:email_taken", "3:username_taken", "5:email_taken", "6:username_taken",
        "7:password_hash_unsupported", "8:password_hash_missing", "9:email_invalid",
        "10:username_invalid_characters", "11:is_active_invalid", "12:created_at_invalid",
        "13:created_at_future", "15:email_taken",
    ]
    [(before,)] = service.query("SELECT count(*) FROM latchkey.users")
    found, summary = refusals(import_file("users.csv", as_csv(rows), "--dry-run", "--json"))
    assert found == expected
    assert summary == {"imported": 2, "refused": 12, "dry_run": True}
    assert service.query("SELECT count(*) FROM latchkey.users") == [(before,)]
    found, summary = refusals(import_file("users.csv", as_csv(rows), "--json"))
    assert found == expected
    assert summary == {"imported": 2, "refused": 12, "dry_run": False}
    assert service.query("SELECT count(*) FROM latchkey.users") == [(before + 2,)]
    # Once more: everybody is there already.
    found, summary = refusals(import_file("users.csv", as_csv(rows), "--json"))
    assert summary["imported"] == 0 and "4:email_taken" in found
    text = import_file("users.csv", as_csv(rows)).stdout
    assert "line 8: password_hash_missing: has no password_hash\n" in text
    assert text.endswith("0 users imported, 14 lines refused.\n")
    assert good["email"] not in text, "a report names lines, and nobody's address"


HEADER = b"email,username,password_hash\n"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("nul.csv", HEADER + b"a\0@b.co,ada,h\n", ["2:nul_character"]),
        ("latin1.csv", HEADER + "ä@b.co,ada,h\n".encode("latin-1"), ["2:invalid_utf8"]),
        ("quote.csv", HEADER + b'"a@b.co,ada,h\nb@b.co,bob,h\n', ["2:open_quote", "3:password_hash_unsupported"]),
        ("quote2.csv", HEADER + b'a"@b.co,ada,h\n', ["2:bad_quote"]),
        ("columns.csv", HEADER + b"a@b.co,ada\n" + b"," * 10_000 + b"\n", ["2:wrong_columns", "3:wrong_columns"]),
        ("cr.csv", HEADER + b"a@b.co,ada,h\rb@b.co,bob,h\r", ["2:wrong_columns"]),
        ("long.csv", HEADER + b"x" * 20_000 + b"\n", ["2:too_long"]),
        ("nul.jsonl", b'{"email": "a\0"}\n', ["1:nul_character"]),
        ("nul2.jsonl", b'{"email": "a\\u0000@b.co"}\n', ["1:invalid_json"]),
        ("latin1.jsonl", b'{"email": "\xe4"}\n', ["1:invalid_utf8"]),
        ("huge.jsonl", b'{"created_at": 1e99999}\n{"created_at": ' + b"9" * 5000 + b"}\n",
         ["1:invalid_json", "2:invalid_json"]),
        ("deep.jsonl", b"[" * 16_000 + b"\n" + b'{"a":' * 3000 + b"\n", ["1:invalid_json", "2:invalid_json"]),
        ("twice.jsonl", b'{"email": "a", "email": "b"}\n', ["1:invalid_json"]),
        ("array.jsonl", b"[{}]\n\"text\"\n5\nnull\n", [f"{n}:invalid_json" for n in (1, 2, 3, 4)]),
    ],
)
def test_hostile_lines(import_file, name, content, expected):
    assert refusals(import_file(name, content, "--json"))[0] == expected


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", "is empty"),
        ("utf16.csv", "email,username".encode("utf-16"), "UTF-16"),
        ("headless.csv", b"a@b.co,ada,h\n", "must be a header"),
        ("misspelt.csv", b"email,user_name,password_hash\n", "its field 2 is none"),
        ("lacks.csv", b"email,username\n", "lacks the column password_hash"),
        ("binary.csv", bytes(range(256)) * 100, "no header"),
    ],
)
def test_files_that_are_none(import_file, name, content, words):
    done = import_file(name, content)
    assert (done.returncode, done.stdout) == (EX_DATAERR, "")
    assert words in done.stderr and "a@b.co" not in done.stderr


def test_a_mark_and_either_line_end(service, import_file):
    rows = [row(), row()]
    assert import_file("bom.csv", b"\xef\xbb\xbf" + as_csv(rows[:1]).encode()).returncode == 0
    assert import_file("lf.csv", as_csv(rows[1:], end="\n")).returncode == 0
    assert stored(service, rows[0]["username"]) and stored(service, rows[1]["username"])


def leave_little_memory():
    resource.setrlimit(resource.RLIMIT_DATA, (100 << 20, 100 << 20))


def test_a_line_of_a_gigabyte(service):
    """It is streamed: the program has no room for it."""
    given = row()
    # Nothing that is compiled with AddressSanitizer starts under such a limit; it has one of its own,
    # that leaves room for what it keeps of freed memory.
    limits = {"ASAN_OPTIONS": "hard_rss_limit_mb=600"} if BUILD == "asan" else {}
    with subprocess.Popen(
        program.command(service, "user", "import", "-", "--format", "csv", "--json"),
        env=program.environment({**service.settings, **limits}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=None if limits else leave_little_memory,
    ) as process:
        piece = b"x" * (1 << 20)
        process.stdin.write(HEADER)
        for _ in range(1024):
            process.stdin.write(piece)
        process.stdin.write(f"\n{given['email']},{given['username']},{SOME_HASH}\n".encode())
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (EX_DATAERR, b"")
    assert b'"line":2,"code":"too_long"' in output and b'"imported":1' in output
    assert stored(service, given["username"])


def test_usage_and_files(service, tmp_path):
    for words in ([], ["users.txt"], ["a.csv", "b.csv"], ["a.csv", "--format", "xml"]):
        assert program.run(service, "user", "import", *words).returncode == EX_USAGE
    for path in (str(tmp_path / "missing.csv"), str(tmp_path)):
        done = program.run(service, "user", "import", path, "--format", "csv")
        assert done.returncode == EX_NOINPUT and path in done.stderr


def test_hundred_thousand_users(service, import_file):
    rows = [{**row(), "is_active": "true"} for _ in range(100_000)]
    text = as_csv(rows)
    started = time.monotonic()
    done = import_file("many.csv", text)
    elapsed = time.monotonic() - started
    try:
        assert (done.returncode, done.stdout) == (0, "100,000 users imported, 0 lines refused.\n")
        print(f"100,000 users in {elapsed:.1f} s")
        assert elapsed < 60
    finally:
        service.execute("DELETE FROM latchkey.users WHERE id IN (SELECT user_id FROM"
                        " latchkey.audit_events WHERE event = 'user_imported')")


def test_progress_on_a_terminal(service, tmp_path):
    path = tmp_path / "users.csv"
    path.write_text(as_csv([row() for _ in range(3000)]))
    status, screen = program.on_terminal(service, "user", "import", str(path))
    assert status == 0
    assert re.search(r"\[#*\.*\] +\d+%  [\d,]+ users, 0 refused", screen), screen
    assert screen.endswith("\x1b[K3,000 users imported, 0 lines refused.\r\n"), screen


def test_a_database_that_is_away(service, tmp_path):
    path = tmp_path / "users.csv"
    path.write_text(as_csv([row()]))
    done = program.run(
        service, "user", "import", str(path),
        settings={"ADMIN_DATABASE_URL": "postgresql://latchkey_admin@/latchkey?host=/nonexistent"},
    )
    assert done.returncode == 70
    assert "the import stops here" in done.stderr and "/nonexistent" in done.stderr
