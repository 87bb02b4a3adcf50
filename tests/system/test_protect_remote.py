# SPDX-License-Identifier: Apache-2.0
"""An application on another machine than Latchkey's, with the very block that docs/nginx.md prints."""

from latchkey_testkit.protected_site import protected_site
from latchkey_testkit.remote_question import NAME, impostor, remote_question


def test_it_asks_over_https(service, tmp_path, account):
    with protected_site(service, tmp_path, question=remote_question(service)) as site:
        token = account.session.access_token
        assert site.request("/files/page.txt", token)[2] == "the files page"
        seen = dict(site.seen_by_app(token, path="/app/x?check=nonsense", method="POST", body="a body")["headers"])
        assert seen["x-user-id"] == str(account.id)
        for wrong in (None, "", "x.y.z"):
            status, headers, text = site.request("/files/page.txt", wrong)
            assert status == 401 and "page" not in text
            assert headers["WWW-Authenticate"].startswith("Bearer")
        account.session.logout().expect(200)
        assert site.request("/files/page.txt", token)[0] == 401


def test_the_look_up_is_written_out(service, tmp_path, account):
    question = remote_question(service, query="?check=session")
    with protected_site(service, tmp_path, question=question) as site:
        token = account.session.access_token
        assert site.request("/files/page.txt", token)[2] == "the files page"
        account.set_active(False)
        assert site.request("/files/page.txt", token)[0] in (401, 403)


def test_a_server_with_another_certificate_lets_nobody_in(service, tmp_path, account):
    token = account.session.access_token
    with impostor(tmp_path) as (port, certificate):
        (tmp_path / "a").mkdir()
        question = remote_question(service, port=port)
        with protected_site(service, tmp_path / "a", question=question) as site:
            assert site.request("/files/page.txt", token)[0] == 500
            assert site.request("/files/page.txt")[0] == 500
        # The certificate alone is what stops it.
        (tmp_path / "b").mkdir()
        question = remote_question(service, port=port, authority=certificate)
        with protected_site(service, tmp_path / "b", question=question) as site:
            assert site.request("/files/page.txt")[2] == "the files page"


def test_a_certificate_of_another_name_lets_nobody_in(service, tmp_path, account):
    with protected_site(service, tmp_path, question=remote_question(service, name=NAME)) as site:
        assert site.request("/files/page.txt", account.session.access_token)[0] == 500
