# SPDX-License-Identifier: Apache-2.0
"""POST /auth/login as JSON and as a form, and what it does not tell."""

import pytest

from latchkey_testkit import vectors
from latchkey_testkit.accounts import Account, fresh_email, fresh_username
from latchkey_testkit.problem import check_timestamp
from latchkey_testkit.secrecy import fresh_password


def login(client, **body):
    return client.post("/auth/login", body)


def form_login(client, form, **options):
    return client.post("/auth/login", form=form, **options)


@pytest.mark.parametrize(
    ("field", "attribute"), [("username", "username"), ("email", "email"), ("username", "email")]
)
@pytest.mark.parametrize("case", [str, str.upper], ids=["as-typed", "upper"])
def test_login_by_name_or_email(client, account, field, attribute, case):
    reply = login(
        client, **{field: case(getattr(account, attribute)), "password": account.password}
    )
    body = reply.expect(200).json()
    assert body["user"]["id"] == account.id
    check_timestamp(body["user"]["last_login"])
    assert reply.header("Cache-Control") == "no-store"


def test_each_login_is_a_session_of_its_own(account):
    first, second = account.new_session(), account.new_session()
    assert first.refresh_token != second.refresh_token
    first.assert_lives()
    second.assert_lives()


@pytest.mark.parametrize("attribute", ["username", "email"])
def test_form_login(client, account, attribute):
    form = {
        "grant_type": "password",
        "scope": "",
        "username": getattr(account, attribute),
        "password": account.password,
    }
    reply = form_login(client, form).expect(200)
    assert reply.json()["user"]["id"] == account.id


def test_form_values_are_decoded(client):
    account = Account(client, password="a+b & c=d%41 é")
    form_login(client, {"username": account.email, "password": account.password}).expect(200)


def test_form_media_type_with_charset(client, account):
    form = {"username": account.username, "password": account.password}
    media_type = "application/x-www-form-urlencoded; charset=UTF-8"
    form_login(client, form, headers={"Content-Type": media_type}).expect(200)


@pytest.mark.parametrize(
    "form",
    [
        b"",
        b"username=someone",
        b"password=some-password",
        b"username=someone&username=other&password=some-password",
        b"username=someone&password=some-password&password=other-password",
        b"username=some%zzone&password=some-password",
        b"username=some%4&password=some-password",
        b"username=some%00one&password=some-password",
        b"username=someone&password=some%00password",
        b"username=some%ffone&password=some-password",
        b"username=some\xffone&password=some-password",
        b"username=&password=some-password",
    ],
    ids=repr,
)
def test_form_faults(client, form):
    reply = form_login(client, form)
    assert reply.status == 400, reply


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"password": "some-password"},
        {"username": "someone"},
        {"email": "someone@example.com"},
        {"username": "someone", "email": "someone@example.com", "password": "some-password"},
        {"username": 5, "password": "some-password"},
        {"username": "someone", "password": 5},
        {"username": "someone", "password": None},
        {"email": ["someone@example.com"], "password": "some-password"},
    ],
    ids=repr,
)
def test_json_faults(client, body):
    client.post("/auth/login", body).expect_problem(400, "VALIDATION_ERROR")


def test_unknown_and_wrong_cannot_be_told_apart(client, account):
    wrong = login(client, username=account.username, password=fresh_password())
    unknown = login(client, username=fresh_username(), password=fresh_password())
    unknown_email = login(client, email=fresh_email(), password=fresh_password())
    changing = ("timestamp", "request_id")
    bodies = []
    for reply in (wrong, unknown, unknown_email):
        body = reply.expect_problem(401, "INVALID_CREDENTIALS")
        bodies.append({name: value for name, value in body.items() if name not in changing})
    assert bodies[0] == bodies[1] == bodies[2]
    changing_headers = ("x-request-id", "date")
    headers = [
        sorted(pair for pair in reply.header_pairs if pair[0] not in changing_headers)
        for reply in (wrong, unknown, unknown_email)
    ]
    assert headers[0] == headers[1] == headers[2]


def test_password_is_case_sensitive(account):
    account.login(account.password.swapcase()).expect_problem(401, "INVALID_CREDENTIALS")


@pytest.mark.parametrize(("plain", "folds_to_it"), [("k", "\u212a"), ("s", "\u017f"), ("i", "\u0130"), ("a", "\uff21")])
def test_only_ascii_letters_have_a_case(client, plain, folds_to_it):
    """Nobody is found by a name that some rule of Unicode folds to his, nor guessed at beside his count."""
    account = Account(client, username=f"{plain}{fresh_username()}")
    for field, name in (("username", account.username), ("email", account.email)):
        body = {field: name.replace(plain, folds_to_it), "password": account.password}
        if folds_to_it in body[field]:
            client.post("/auth/login", body).expect_problem(401, "INVALID_CREDENTIALS")
    account.login().expect(200)


def test_longer_password_with_the_same_first_72_bytes(client):
    """bcrypt ignores what follows; the service must not."""
    account = Account(client, password="p" * 72)
    account.login("p" * 73).expect_problem(401, "INVALID_CREDENTIALS")
    account.login("p" * 71).expect_problem(401, "INVALID_CREDENTIALS")
    account.login().expect(200)


def test_failed_login_opens_no_session(client, account):
    before = len(
        client.get("/auth/sessions", token=account.session.access_token).json()["sessions"]
    )
    account.login("wrong-password").expect_problem(401, "INVALID_CREDENTIALS")
    after = len(client.get("/auth/sessions", token=account.session.access_token).json()["sessions"])
    assert after == before


@pytest.mark.parametrize(
    "stored",
    ["*0", "*1", "!locked", "x", "ab5JUGmyQUjhk", "$1$abc$def", "$2b$04$short", "$9$x$y"],
    ids=repr,
)
def test_a_stored_hash_that_is_no_hash(service, client, account, stored, expect_errors):
    """A corrupt row is a wrong password to the client; the log may complain."""
    expect_errors("hash", required=False)
    service.query(
        "UPDATE latchkey.users SET password_hash = %s WHERE id = %s RETURNING id",
        (stored, account.id),
    )
    account.login().expect_problem(401, "INVALID_CREDENTIALS")
    account.session.assert_lives()


def stored_hash(service, account):
    [(stored,)] = service.query(
        "SELECT password_hash FROM latchkey.users WHERE id = %s", (account.id,)
    )
    return stored


@pytest.mark.parametrize(("stored", "password"), vectors.bcrypt_known_answers())
def test_a_known_hash_of_another_cost_is_replaced_at_login(service, account, stored, password):
    """Known answers for bcrypt, all of cost 5: they let their password in, and become ours."""
    service.query(
        "UPDATE latchkey.users SET password_hash = %s WHERE id = %s RETURNING id",
        (stored, account.id),
    )
    account.login(password + "x").expect_problem(401, "INVALID_CREDENTIALS")
    assert stored_hash(service, account) == stored
    account.login(password).expect(200)
    assert stored_hash(service, account).startswith("$2b$04$")
    account.login(password).expect(200)


def test_inactive_user(account):
    account.set_active(False)
    account.login().expect_problem(403, "USER_INACTIVE")
    account.login("wrong-password").expect_problem(401, "INVALID_CREDENTIALS")
    account.set_active(True)
    account.login().expect(200)
