# SPDX-License-Identifier: Apache-2.0
"""Guessing passwords: what an attacker gets, and what the owner of the account still gets.

Strangers come from addresses where nobody has logged in before; accounts register, and are at home,
at the address of `client`. nginx limits no logins here: what refuses them is the database."""

import hashlib
import itertools
import time

import pytest

from latchkey_testkit import service as service_module
from latchkey_testkit.accounts import Account, fresh_email, fresh_username, registration
from latchkey_testkit.client import Client
from latchkey_testkit.guessing import guess, next_stranger, post
from latchkey_testkit.load import Load
from latchkey_testkit.secrecy import fresh_password
from latchkey_testkit.waiting import at_once, wait_until

FREE = 5
SETTINGS = {
    "LOGIN_THROTTLE_FREE": str(FREE),
    "LOGIN_THROTTLE_MAX_DELAY": "15m",
    "LOGIN_THROTTLE_RESET": "1h",
    "HASH_QUEUE_LOGIN": "400",  # so that all of a flood reaches a worker
    "RATE_LIMIT_REGISTER": "300r/m",
    "LOG_LEVEL": "INFO",
}
HASH_WORKERS = 3
ALLOWED, REFUSED = (401, "INVALID_CREDENTIALS"), (429, "TOO_MANY_REQUESTS")


@pytest.fixture(scope="module")
def service(spare):
    with spare(settings=SETTINGS, hash_workers=HASH_WORKERS) as running:
        yield running


def told(reply):
    return reply.status, reply.json()["error_code"]


def block(service, name, source=None):
    """Guesses until it is refused; the last answer."""
    for _ in range(FREE):
        guess(service, name, source=source).expect_problem(*ALLOWED)
    return guess(service, name, source=source)


def stretch(service, kind, subject, attempts):
    """As if there had been so many attempts: a block that lasts."""
    key = hashlib.sha256(f"{kind} {subject}".encode()).digest()
    [row] = service.query(
        "UPDATE latchkey.login_throttle SET attempts = %s, last_at = clock_timestamp()"
        " WHERE key = %s RETURNING 1",
        (attempts, key),
    )
    assert row


def events(service, account_id, event):
    [(count,)] = service.query(
        "SELECT count(*) FROM latchkey.audit_events WHERE user_id = %s AND event = %s",
        (account_id, event),
    )
    return count


# --- the attacks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("exists", [True, False], ids=["known", "unknown"])
def test_two_hundred_guesses_at_once(service, client, exists, record_property):
    """From two hundred addresses, over all workers: no more are checked than are free."""
    account = Account(client)
    name = account.username if exists else fresh_username()
    before = [
        Client(service).metric("latchkey_hash_duration_seconds_count"),
        Client(service).metric('latchkey_logins_total{outcome="throttled"}'),
    ]
    sources = [next_stranger() for _ in range(200)]
    started = time.monotonic()
    replies = at_once(200, lambda i: guess(service, name, source=sources[i]))
    # Another one is free for each second that the flood lasts, but for the doubling.
    seconds = time.monotonic() - started
    record_property("flood_s", seconds)
    checked = [reply for reply in replies if told(reply) == ALLOWED]
    late = len(checked) - FREE
    assert late >= 0 and 2**late - 1 <= seconds, (len(checked), seconds)
    for reply in replies:
        if reply not in checked:
            reply.expect_problem(*REFUSED)
            assert 1 <= int(reply.header("Retry-After")) <= 2**late
    assert Client(service).metric("latchkey_hash_duration_seconds_count") - before[0] == len(checked)
    refused = Client(service).metric('latchkey_logins_total{outcome="throttled"}') - before[1]
    assert refused == 200 - len(checked)
    if exists:
        assert events(service, account.id, "login_failed") == len(checked)
        assert 1 <= events(service, account.id, "login_throttled") <= late + 1, "one row a block"
        account.session.assert_lives()
        account.login().expect(200)  # at home


def test_known_and_unknown_cannot_be_told_apart(service, account):
    """Status, body, headers, Retry-After: of each attempt in a row, and of those after a block."""

    def sequence(name):
        replies = [guess(service, name) for _ in range(FREE + 2)]
        replies.append(wait_until(lambda: (r := guess(service, name)).status != 429 and r, "an attempt"))
        replies.append(guess(service, name))
        shown = []
        for reply in replies:
            changing = ("timestamp", "request_id")
            body = {key: value for key, value in reply.json().items() if key not in changing}
            headers = sorted(
                pair for pair in reply.header_pairs if pair[0] not in ("x-request-id", "date")
            )
            shown.append((reply.status, body, headers))
        return shown

    known = sequence(account.username)
    assert [status for status, _, _ in known] == [401] * FREE + [429, 429, 401, 429]
    assert ("retry-after", "1") in known[FREE][2] and ("retry-after", "2") in known[-1][2]
    assert known == sequence(fresh_username())
    assert known == sequence(account.email) == sequence(fresh_email())


def test_the_delay_grows(service):
    """A second, two, four; whoever comes when Retry-After says so is let through."""
    name = fresh_username()
    reply = block(service, name)
    for delay_s in (1, 2, 4):
        reply.expect_problem(*REFUSED)
        assert int(reply.header("Retry-After")) == delay_s
        due = time.monotonic() + delay_s
        wait_until(lambda: time.monotonic() >= due, "what Retry-After says")
        guess(service, name).expect_problem(*ALLOWED)
        reply = guess(service, name)
    assert int(reply.header("Retry-After")) == 8
    stretch(service, "username", name, 1000)
    assert 890 <= int(guess(service, name).header("Retry-After")) <= 900, "the bound"


def test_names_are_the_same_in_either_case(service, account):
    block(service, account.username.upper()).expect_problem(*REFUSED)
    guess(service, account.username).expect_problem(*REFUSED)
    guess(service, account.email).expect_problem(*ALLOWED)  # its email is counted apart
    guess(service, fresh_username()).expect_problem(*ALLOWED)


def test_the_right_password_is_refused_during_a_block(service, account):
    """Else an attacker would learn it. When the block is over it is let in, and all is forgotten."""
    block(service, account.username).expect_problem(*REFUSED)
    stranger = next_stranger()
    right = {"source": stranger, "password": account.password}
    guess(service, account.username, **right).expect_problem(*REFUSED)
    reply = wait_until(
        lambda: (r := guess(service, account.username, **right)).status != 429 and r, "the end"
    )
    reply.expect(200)
    block(service, account.username).expect_problem(*REFUSED)  # as many free ones as ever
    guess(service, account.username, **right).expect(200)  # who is known there from now on


def test_survives_restarts(service):
    name = fresh_username()
    block(service, name).expect_problem(*REFUSED)
    stretch(service, "username", name, FREE + 10)
    service.restart()
    guess(service, name).expect_problem(*REFUSED)
    service.stop_database()
    service.start_database()
    wait_until(lambda: Client(service).get("/readiness").status == 200, "the database", 30)
    reply = guess(service, name)
    reply.expect_problem(*REFUSED)
    assert int(reply.header("Retry-After")) > 512


def test_another_copy_on_the_same_database(service, own_state_dir):
    """As on a second machine: blocked there too, and counted together."""
    name, other_name = fresh_username(), fresh_username()
    block(service, name).expect_problem(*REFUSED)
    stretch(service, "username", name, FREE + 10)
    url = service.generated_settings()["DATABASE_URL"]
    settings = {**SETTINGS, "DATABASE_URL": url}
    with service_module.running(own_state_dir, settings=settings) as other:
        guess(other, name).expect_problem(*REFUSED)
        copies = itertools.cycle([service, other])
        for _ in range(FREE):
            guess(next(copies), other_name).expect_problem(*ALLOWED)
        for copy in (service, other):
            guess(copy, other_name).expect_problem(*REFUSED)


def test_what_is_typed_is_not_kept(service):
    """People type their password where the name belongs."""
    typed = fresh_password()
    block(service, typed).expect_problem(*REFUSED)
    for table in ("login_throttle", "audit_events"):
        rows = service.query(f"SELECT t::text FROM latchkey.{table} AS t")
        assert rows and not any(typed.lower() in row.lower() for (row,) in rows)


# --- the owner -------------------------------------------------------------------------------------


def test_nobody_locks_the_owner_out(service, account):
    """Strangers guess without a pause; logins from home and refreshes go on."""

    def attack(client):
        client.post("/auth/login", {"username": account.username, "password": fresh_password()})

    sources = [next_stranger() for _ in range(4)]
    with Load(service, [attack] * 4, sources=sources, pause_s=0.005) as load:
        load.wait_for(50, "guesses", good=False)
        for _ in range(20):
            account.login().expect(200)
            account.session.refresh_and_take().assert_lives()
        load.wait_for(50, "more guesses", good=False)
    statuses = {answer.status for answer in load.answers("POST /auth/login")}
    assert statuses == {401, 429}
    assert events(service, account.id, "logged_in") == 20


def test_many_right_logins_at_once_from_home(account):
    replies = at_once(30, lambda _: account.login())
    assert {reply.status for reply in replies} == {200}


def test_wrong_guesses_from_home_are_counted_too(service, account):
    for _ in range(FREE):
        account.login(fresh_password()).expect_problem(*ALLOWED)
    reply = account.login(fresh_password())
    reply.expect_problem(*REFUSED)
    assert int(reply.header("Retry-After")) == 1
    assert events(service, account.id, "login_throttled") == 1
    account.session.refresh_and_take().assert_lives()
    guess(service, account.username).expect_problem(*ALLOWED)  # elsewhere nothing was counted
    wait_until(lambda: account.login().status == 200, "the end of the block")
    for _ in range(FREE):
        account.login(fresh_password()).expect_problem(*ALLOWED)


def test_two_logins_that_renew_the_hash_are_two_logins(service, account):
    """The second finds it renewed: no failure, neither counted nor audited."""
    stored = "$2b$05$" + "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"  # of "U*U"
    for _ in range(3):
        service.query(
            "UPDATE latchkey.users SET password_hash = %s WHERE id = %s RETURNING id",
            (stored, account.id),
        )
        replies = at_once(12, lambda _: account.login("U*U"))
        assert {reply.status for reply in replies} == {200}
    assert events(service, account.id, "login_failed") == 0


# --- changing the password --------------------------------------------------------------------------


def change(account, current, new=None):
    body = {"current_password": current, "new_password": new or fresh_password()}
    return account._client.put("/users/me/password", body, token=account.session.access_token)


def test_a_stolen_access_token_guesses_no_faster(service, account):
    replies = at_once(40, lambda _: change(account, fresh_password()))
    statuses = [reply.status for reply in replies]
    assert FREE <= statuses.count(401) <= FREE + 3 and set(statuses) == {401, 429}
    refused = change(account, account.password)
    refused.expect_problem(*REFUSED)
    assert int(refused.header("Retry-After")) >= 1
    assert 1 <= events(service, account.id, "password_change_throttled") <= 4
    account.session.refresh_and_take().assert_lives()
    account.login().expect(200)  # a login is another matter
    new = fresh_password()
    wait_until(lambda: change(account, account.password, new).status == 204, "the block", 20)
    for _ in range(FREE):
        change(account, fresh_password()).expect_problem(*ALLOWED)


def test_a_new_password_that_is_refused_is_no_guess(account):
    for _ in range(3 * FREE):
        assert change(account, account.password, "short").faulty_fields() == {"new_password"}
    assert change(account, account.password).status == 204


# --- nginx' part ------------------------------------------------------------------------------------


def test_nginx_limits_each_address(own_state_dir):
    """With the rates of the package, and the throttle off: many names from one address, many users
    from one address, and, for what is off, one name from many addresses."""

    def register(running, source):
        return post(running, source, "/auth/register", registration())

    settings = {
        "RATE_LIMIT_LOGIN": "10r/m",
        "RATE_LIMIT_REGISTER": "10r/m",
        "LOGIN_THROTTLE_FREE": "off",
    }
    with service_module.running(own_state_dir, settings=settings) as running:
        sprayed = [guess(running, fresh_username(), source="127.0.6.1") for _ in range(40)]
        assert {told(reply) for reply in sprayed} == {ALLOWED, REFUSED}
        registered = [register(running, "127.0.6.1") for _ in range(40)]
        assert {reply.status for reply in registered} == {201, 429}
        for replies in (sprayed, registered):
            refused = [reply for reply in replies if reply.status == 429]
            assert len(refused) > 20
            assert all(int(reply.header("Retry-After")) >= 1 for reply in refused)
        guess(running, fresh_username(), source="127.0.6.2").expect_problem(*ALLOWED)
        register(running, "127.0.6.2").expect(201)

        name = fresh_username()
        for _ in range(30):
            guess(running, name).expect_problem(*ALLOWED)
        assert running.query("SELECT 1 FROM latchkey.login_throttle") == []
