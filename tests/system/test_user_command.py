# SPDX-License-Identifier: Apache-2.0
"""`latchkey user`: what an administrator does to users, seen from the API and from the audit trail."""

import json
import re

import pytest

from latchkey_testkit import program, secrecy
from latchkey_testkit.accounts import Account, Session, fresh_email, fresh_username

EX_USAGE = 64
EX_DATAERR = 65
EX_NOINPUT = 66
EX_NOUSER = 67
EX_SOFTWARE = 70


def user(service, *words, **options):
    """The output of a verb that must succeed."""
    done = program.run(service, "user", *words, **options)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def lines_of(text):
    return [json.loads(line) for line in text.splitlines()]


def last_event(service, account_id):
    [row] = service.query(
        "SELECT event, actor, detail, request_id FROM latchkey.audit_events"
        " WHERE user_id = %s ORDER BY id DESC LIMIT 1",
        (account_id,),
    )
    return row


def is_deed(row, event, detail=None):
    return row[0] == event and re.fullmatch(r"cli:[\w-]+", row[1]) and row[2:] == (detail, None)


def password_file(tmp_path, text):
    path = tmp_path / "password"
    path.write_text(secrecy.remember(text) + "\n")
    path.chmod(0o600)
    return str(path)


def count_users(service):
    [(number,)] = service.query("SELECT count(*) FROM latchkey.users")
    return number


# --- looking --------------------------------------------------------------------------------


def test_show(service, account):
    for name in (account.username, account.email.upper(), f"id:{account.id}"):
        [shown] = lines_of(user(service, "show", name, "--json"))
        assert shown["id"] == account.id
        assert shown["email"] == account.email
        assert (shown["is_active"], shown["live_sessions"]) == (True, 1)
        assert shown["password_scheme"] == "$2b$04"
        assert set(shown) == {
            "id", "email", "username", "is_active", "created_at", "updated_at", "last_login",
            "password_scheme", "live_sessions", "kept_sessions",
        }
    assert account.email in user(service, "show", account.username)


@pytest.mark.parametrize("verb", ["show", "deactivate", "activate", "sessions", "revoke --all"])
@pytest.mark.parametrize("name", ["no-such-user", "no@example.com", "id:999999999", "id:x", "'; --"])
def test_nobody(service, verb, name):
    verb, *options = verb.split()
    done = program.run(service, "user", verb, name, *options)
    assert (done.returncode, done.stdout) == (EX_NOUSER, ""), done
    assert "no such user" in done.stderr


def test_list(service, client):
    tag = fresh_username()[-8:]
    accounts = [Account(client, username=f"{name}-{tag}") for name in ("Zoe", "ada", "Bob")]
    user(service, "deactivate", accounts[1].username)

    def names(*options):
        found = lines_of(user(service, "list", "--match", tag.upper(), "--json", *options))
        return [entry["username"].split("-")[0] for entry in found]

    assert names() == ["Zoe", "ada", "Bob"]
    assert names("--sort", "username") == ["ada", "Bob", "Zoe"]
    assert names("--limit", "2") == ["Zoe", "ada"]
    assert names("--inactive") == ["ada"]
    assert names("--active") == ["Zoe", "Bob"]
    table = user(service, "list", "--match", tag).splitlines()
    assert table[0].split() == ["ID", "USERNAME", "STATE", "CREATED", "LAST", "LOGIN", "EMAIL"]
    assert len(table) == 4 and "inactive" in table[2]
    [one] = lines_of(user(service, "list", "--match", accounts[0].email[:18], "--json"))
    assert one["id"] == accounts[0].id


def test_a_long_list_comes_whole(service):
    """Over several pages, and through a pipe that is closed early."""
    service.query(
        "INSERT INTO latchkey.users (email, username, password_hash)"
        " SELECT 'crowd' || n || '@example.com', 'crowd' || n, 'locked'"
        " FROM generate_series(1, 2500) n ON CONFLICT DO NOTHING RETURNING 1"
    )
    for sort in ("id", "email", "username"):
        found = lines_of(user(service, "list", "--match", "CROWD", "--sort", sort, "--json"))
        keys = [entry[sort] for entry in found]
        assert len(set(keys)) == 2500 and keys == sorted(keys)
    service.execute("DELETE FROM latchkey.users WHERE username LIKE 'crowd%'")


# --- creating -------------------------------------------------------------------------------


def test_create(service, client, tmp_path):
    email, username, password = fresh_email(), fresh_username(), secrecy.fresh_password()
    file = password_file(tmp_path, password)
    output = user(
        service, "create", "--email", email, "--username", username, "--password-file", file
    )
    [number] = re.findall(r"^User (\d+) is created\.$", output, re.M)
    assert is_deed(last_event(service, int(number)), "user_created")
    login = client.post("/auth/login", {"username": username, "password": password}).expect(200)
    assert login.json()["user"]["email"] == email
    before = count_users(service)
    done = program.run(
        service, "user", "create", "--email", email, "--username", "other", "--password-file", file
    )
    assert done.returncode == EX_DATAERR and "already taken" in done.stderr
    assert count_users(service) == before


@pytest.mark.parametrize(
    ("email", "username", "password", "faults"),
    [
        ("nonsense", "ok-name", "long enough", ["email"]),
        ("a@b.co", "x", "short", ["username", "password"]),
        ("a@b.co", "ok-name", "x" * 73, ["password"]),
        ("a@b.co", "ok-name", "A@b.co", ["password"]),
        ("nonsense", "a@b", "short", ["email", "username", "password"]),
    ],
)
def test_create_obeys_the_rules_of_registration(service, tmp_path, email, username, password, faults):
    file = tmp_path / "password"
    file.write_text(password)
    done = program.run(
        service, "user", "create", "--email", email, "--username", username,
        "--password-file", str(file),
    )
    assert done.returncode == EX_DATAERR, done
    for fault in faults:
        assert f"- {fault} " in done.stderr, done
    assert password not in done.stderr.replace("email", "")


def test_names_are_refused_before_a_password_is_typed(service, account):
    """On a terminal where no question is answered, and none is asked."""
    for email, username, words in (
        ("nonsense", "ok-name", "- email "),
        (account.email.upper(), fresh_username(), "email is already taken"),
        (fresh_email(), account.username, "username is already taken"),
    ):
        status, screen = program.on_terminal(
            service, "user", "create", "--email", email, "--username", username
        )
        assert status == EX_DATAERR and words in screen and "New password" not in screen


@pytest.mark.parametrize("verb", ["create --email a@b.co --username ok-name", "reset-password"])
@pytest.mark.parametrize("path", ["/nonexistent/password", "/"])
def test_a_password_file_that_cannot_be_read(service, account, verb, path):
    verb, *words = verb.split()
    done = program.run(
        service, "user", verb, *(words or [account.username]), "--password-file", path
    )
    assert (done.returncode, done.stdout) == (EX_NOINPUT, "")
    assert done.stderr.startswith(f"latchkey: {path}: ")


def test_create_on_a_terminal(service, client):
    email, username, password = fresh_email(), fresh_username(), secrecy.fresh_password()
    status, screen = program.on_terminal(
        service, "user", "create", "--email", email, "--username", username,
        answers=[("New password: ", password), ("Once more: ", password)],
    )
    assert status == 0 and "is created" in screen, screen
    client.post("/auth/login", {"email": email, "password": password}).expect(200)


# --- deactivating ---------------------------------------------------------------------------


def test_deactivate_and_activate(service, client, account):
    second = account.new_session()
    assert "2 sessions ended" in user(service, "deactivate", account.username)
    assert is_deed(last_event(service, account.id), "user_deactivated", "sessions=2")
    for session in (account.session, second):
        session.assert_ended()
    account.login().expect_problem(403, "USER_INACTIVE")
    assert "already" in user(service, "deactivate", account.username)
    assert "is active" in user(service, "activate", account.email)
    assert is_deed(last_event(service, account.id), "user_activated")
    account.session.assert_ended()  # what ended stays ended
    account.new_session().assert_lives()
    assert "already" in user(service, "activate", account.username)


# --- passwords ------------------------------------------------------------------------------


def assert_password_is(account, password, others):
    for wrong in others:
        account.login(wrong).expect_problem(401, "INVALID_CREDENTIALS")
    account.login(password).expect(200)


def test_reset_by_file(service, account, tmp_path):
    password = secrecy.fresh_password()
    output = user(
        service, "reset-password", account.username, "--password-file",
        password_file(tmp_path, password),
    )
    assert "1 session ended" in output
    assert is_deed(last_event(service, account.id), "password_reset", "sessions=1")
    account.session.assert_ended()
    assert_password_is(account, password, [account.password])


def test_reset_by_standard_input(service, account):
    password = secrecy.fresh_password()
    user(service, "reset-password", account.email, "--password-file", "-", stdin=password + "\n")
    assert_password_is(account, password, [account.password])


def test_reset_on_a_terminal(service, account):
    """Nothing of it is on the screen: `on_terminal` looks for every secret."""
    password = secrecy.fresh_password()
    status, screen = program.on_terminal(
        service, "user", "reset-password", account.username,
        answers=[("New password: ", password), ("Once more: ", password)],
    )
    assert status == 0 and "The password is reset; 1 session ended." in screen, screen
    assert_password_is(account, password, [account.password])


def test_two_answers_that_differ(service, account):
    answers = [("New password: ", secrecy.fresh_password()), ("Once more: ", secrecy.fresh_password())]
    status, screen = program.on_terminal(
        service, "user", "reset-password", account.username, answers=answers
    )
    assert status == EX_SOFTWARE and "differ" in screen
    assert_password_is(account, account.password, [answer for _, answer in answers])


def test_interrupted(service, account):
    status, screen = program.on_terminal(
        service, "user", "reset-password", account.username, answers=[("New password: ", "abc\x03")]
    )
    assert status == EX_SOFTWARE and "interrupted" in screen
    account.session.assert_lives()


def test_without_a_terminal_and_without_a_file(service, account):
    done = program.run(service, "user", "reset-password", account.username, start_new_session=True)
    assert done.returncode == EX_SOFTWARE
    assert "--password-file" in done.stderr


@pytest.mark.parametrize("option", ["--password", "--password="])
def test_a_password_is_never_an_argument(service, account, option):
    words = [option, "hunter2hunter2"] if option[-1] != "=" else [option + "hunter2hunter2"]
    done = program.run(service, "user", "reset-password", account.username, *words)
    assert done.returncode == EX_USAGE
    assert "hunter2" not in done.stdout + done.stderr
    account.session.assert_lives()


# --- sessions -------------------------------------------------------------------------------


def test_sessions_and_revoke(service, client, account):
    second = account.new_session()
    third = account.new_session()
    listed = lines_of(user(service, "sessions", account.username, "--json"))
    assert len(listed) == 3
    assert {entry["ip"] for entry in listed} <= {"127.0.0.1", "::1"}
    assert user(service, "sessions", account.username).count("latchkey-testkit") == 3
    # The newest comes first: the third.
    assert "ended" in user(service, "revoke", account.username, "--session", listed[0]["id"])
    assert is_deed(last_event(service, account.id), "session_revoked")
    third.assert_ended()
    second.assert_lives()
    again = program.run(service, "user", "revoke", account.username, "--session", listed[0]["id"])
    assert again.returncode == EX_NOUSER
    other = Account(client)
    foreign = program.run(service, "user", "revoke", other.username, "--session", listed[1]["id"])
    assert foreign.returncode == EX_NOUSER
    second.assert_lives()
    assert "2 sessions ended" in user(service, "revoke", account.username, "--all")
    assert is_deed(last_event(service, account.id), "sessions_revoked", "sessions=2")
    for session in (account.session, second):
        session.assert_ended()
    other.session.assert_lives()


def test_a_terminal_is_not_obeying_strangers(service, client, account):
    body = {"username": account.username, "password": account.password}
    reply = client.request("POST", "/auth/login", json=body, headers={"User-Agent": "x\tagent"})
    Session(client, reply.expect(200).json())
    assert "\t" not in user(service, "sessions", account.username)
