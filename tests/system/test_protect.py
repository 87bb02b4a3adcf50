# SPDX-License-Identifier: Apache-2.0
"""An application behind nginx and Latchkey's two snippets: who gets in, what it learns of them, and
what a client cannot make it believe."""

import pytest

from latchkey_testkit.accounts import Account
from latchkey_testkit.protected_site import protected_site

@pytest.fixture(scope="module")
def site(service, tmp_path_factory):
    with protected_site(service, tmp_path_factory.mktemp("site")) as site:
        yield site


def test_nobody_gets_in_without_a_token(site):
    for path in ("/app/x", "/files/page.txt"):
        status, headers, text = site.request(path)
        assert status == 401
        assert headers["WWW-Authenticate"].startswith("Bearer")
        assert "page" not in text
    for token in ("", "x.y.z", "a" * 3000):
        assert site.request("/files/page.txt", token)[0] == 401
    assert site.request("/open/page.txt")[2] == "the open page"


def test_who_has_one_gets_in_and_is_known(site, account):
    session = account.session
    assert site.request("/files/page.txt", session.access_token)[2] == "the files page"
    seen = dict(site.seen_by_app(session.access_token)["headers"])
    assert seen["x-user-id"] == str(account.id)
    assert len(seen["x-session-id"]) == 36
    assert "authorization" not in seen


@pytest.mark.parametrize("name", ["X-User-Id", "x-user-id", "X-Session-Id", "X_User_Id"])
def test_what_a_client_claims_to_be_does_not_arrive(site, account, name):
    seen = site.seen_by_app(account.session.access_token, headers={name: "1"})["headers"]
    ids = [value for key, value in seen if key.replace("_", "-") == "x-user-id"]
    assert ids == [str(account.id)]
    assert [key for key, value in seen if value == "1"] == []
    assert site.request("/app/x", headers={name: "1"})[0] == 401


def test_bodies_methods_and_queries_go_to_the_application(site, account):
    token = account.session.access_token
    for method in ("POST", "PUT", "DELETE"):
        seen = site.seen_by_app(token, method=method, body="a body")
        assert seen["body"] == "a body"
    # A query string is the application's own: it cannot reach the question.
    status, _, text = site.request("/app/x?check=nonsense", token)
    assert status == 200, text


def test_the_question_cannot_be_asked_from_outside(site, account):
    assert site.request("/_latchkey", account.session.access_token)[0] == 404


def test_an_ended_session(site, account):
    """It is refused at once, with the look-up and without."""
    token = account.session.access_token
    assert site.request("/x", token, strict=True)[0] == 200
    assert site.request("/files/page.txt", token)[0] == 200
    account.session.logout().expect(200)
    assert site.request("/files/page.txt", token)[0] == 401
    assert site.request("/x", token, strict=True)[0] == 401


def test_nothing_passes_while_the_question_cannot_be_asked(service, site, account):
    token = account.session.access_token
    socket = service.state_dir / "run" / "api.sock"
    away = socket.with_suffix(".away")
    socket.rename(away)
    try:
        for path in ("/app/x", "/files/page.txt"):
            status, _, text = site.request(path, token)
            assert status == 500 and "the files page" not in text
        assert site.request("/x", token, strict=True)[0] == 500
        assert site.request("/open/page.txt")[2] == "the open page"
    finally:
        away.rename(socket)
    assert site.request("/files/page.txt", token)[2] == "the files page"


def test_a_deactivated_user(site, client):
    account = Account(client)
    account.set_active(False)
    assert site.request("/x", account.session.access_token, strict=True)[0] in (401, 403)
