# SPDX-License-Identifier: Apache-2.0
"""An application behind nginx and Latchkey's snippets for it: who gets in, what it learns of them, and
what a client cannot make it believe."""

import itertools

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


NOBODY = "987654321"  # an id that no user has
# A hyphen and an underscore become the same in CGI and WSGI.
CLAIMS = [
    f"X{first}{what}{second}Id"
    for what in ("User", "Session")
    for first, second in itertools.product("-_", repeat=2)
]


def what_it_believes(headers):
    """The values of the user's and the session's id, however the application spells their names."""
    names = [(name.replace("_", "-").lower(), value) for name, value in headers]
    return [value for name, value in names if name in ("x-user-id", "x-session-id") and value]


@pytest.fixture(scope="module")
def lenient_site(service, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lenient")
    with protected_site(service, folder, http="underscores_in_headers on;") as site:
        yield site


@pytest.mark.parametrize("name", [*CLAIMS, "x-user-id", "X_USER_ID"])
@pytest.mark.parametrize("path", ["/app/x", "/app/nested/x", "/open-app/x"])
@pytest.mark.parametrize("kind", ["site", "lenient_site"])
def test_what_a_client_claims_to_be_does_not_arrive(request, account, kind, path, name):
    site = request.getfixturevalue(kind)
    is_open = path == "/open-app/x"
    seen = site.seen_by_app(account.session.access_token, path, headers={name: NOBODY})["headers"]
    assert dict(seen).get("x-user-id") == (None if is_open else str(account.id))
    assert len(what_it_believes(seen)) == (0 if is_open else 2)
    assert NOBODY not in dict(seen).values()
    if is_open:
        seen = site.seen_by_app(path=path, headers={name: NOBODY})["headers"]
        assert what_it_believes(seen) == []
    else:
        assert site.request(path, headers={name: NOBODY})[0] == 401


@pytest.mark.parametrize("name", CLAIMS)
@pytest.mark.parametrize("kind", ["site", "lenient_site"])
@pytest.mark.parametrize("path", ["/fastcgi/x", "/open-fastcgi/x"])
def test_nor_by_fastcgi(request, account, kind, path, name):
    site = request.getfixturevalue(kind)
    is_open = path == "/open-fastcgi/x"
    token = account.session.access_token
    assert site.request(path, token, headers={name: NOBODY})[0] == 200
    seen = site.fastcgi_app.arrivals[-1].parameters
    assert seen["HTTP_X_USER_ID"] == ("" if is_open else str(account.id))
    assert len(seen["HTTP_X_SESSION_ID"]) == (0 if is_open else 36)
    assert "HTTP_AUTHORIZATION" not in seen
    assert NOBODY not in seen.values()
    assert site.request(path, headers={name: NOBODY})[0] == (200 if is_open else 401)


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
    with service.api_out_of_reach():
        for path in ("/app/x", "/files/page.txt"):
            status, _, text = site.request(path, token)
            assert status == 500 and "the files page" not in text
        assert site.request("/x", token, strict=True)[0] == 500
        assert site.request("/open/page.txt")[2] == "the open page"
    assert site.request("/files/page.txt", token)[2] == "the files page"


def test_a_deactivated_user(site, client):
    account = Account(client)
    account.set_active(False)
    assert site.request("/x", account.session.access_token, strict=True)[0] in (401, 403)
