# SPDX-License-Identifier: Apache-2.0
"""What an operator has in http { } or server { } for the rest of the site reaches the location of the question
too, and must not make a yes of a no, nor of no answer. With nginx's snippet, and with the block that
docs/nginx.md has for another machine."""

import socket

import pytest

from latchkey_testkit.protected_site import protected_site
from latchkey_testkit.remote_question import remote_question

# For the place of the question `@` is fastcgi or proxy.
SORRY = "error_page 500 502 504 =200 /open/page.txt;"
SORRY_AS_IT_ANSWERS = "error_page 500 502 504 = /open/page.txt;"
LOGIN_PAGE = "@_intercept_errors on; error_page 401 403 =200 /open/page.txt;"
CACHE = (
    "@_cache_path cache keys_zone=pages:1m; @_cache pages; @_cache_key $request_uri; @_cache_valid any 1m;"
    " @_ignore_headers Cache-Control Expires Set-Cookie Vary;"
)
THIS_MACHINE = "satisfy any; allow 127.0.0.1; deny all;"
FRONT_CONTROLLER = "root {folder}; if (!-e $request_filename) {{ rewrite ^ /open/page.txt last; }}"


@pytest.fixture(params=["fastcgi", "proxy"])
def site_with(request, service, tmp_path):
    """site_with(http=…, server=…): the site, whose question goes by FastCGI or by HTTPS."""
    question = remote_question(service) if request.param == "proxy" else None

    def make(http="", server=""):
        levels = {"http": http.replace("@", request.param), "server": server.format(folder=tmp_path)}
        return protected_site(service, tmp_path, question=question, **levels)

    return make


def assert_nobody_gets_in(site, token=None):
    for path in ("/files/page.txt", "/app/x"):
        status, _, text = site.request(path, token)
        assert "the files page" not in text and '"headers"' not in text, (path, status)


def assert_it_protects(site, account):
    # First who may: nobody gets in after them.
    assert site.request("/files/page.txt", account.session.access_token)[2] == "the files page"
    assert_nobody_gets_in(site)
    assert_nobody_gets_in(site, "x.y.z")


@pytest.mark.parametrize("pages", [SORRY, SORRY_AS_IT_ANSWERS])
def test_error_pages_for_workers_that_are_gone(service, tmp_path, account, pages):
    with protected_site(service, tmp_path, server=pages) as site:
        with service.api_out_of_reach():
            assert_nobody_gets_in(site)
            assert_nobody_gets_in(site, account.session.access_token)
        assert_it_protects(site, account)


@pytest.mark.parametrize("pages", [SORRY, SORRY_AS_IT_ANSWERS])
def test_error_pages_for_a_machine_that_is_gone(service, tmp_path, account, pages):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, and nobody listens
        question = remote_question(service, port=nobody.getsockname()[1])
        with protected_site(service, tmp_path, server=pages, question=question) as site:
            assert_nobody_gets_in(site)
            assert_nobody_gets_in(site, account.session.access_token)


def test_a_login_page_in_place_of_401(site_with, account):
    with site_with(http=LOGIN_PAGE) as site:
        assert_it_protects(site, account)


def test_a_cache_of_everything(site_with, account):
    with site_with(http=CACHE) as site:
        assert_it_protects(site, account)


def test_addresses_that_the_site_lets_in(site_with, account):
    with site_with(server=THIS_MACHINE) as site:
        assert_it_protects(site, account)


def test_a_rewrite_of_the_whole_server(site_with, account):
    with site_with(server=FRONT_CONTROLLER) as site:
        assert site.request("/nothing")[2] == "the open page"
        assert_it_protects(site, account)
        assert site.request("/_latchkey", account.session.access_token)[0] == 404


@pytest.mark.parametrize("check", ["session", "1", "check=sessions", '"check=session&"', "?check=session"])
def test_a_check_that_is_misspelt_lets_nobody_in(service, tmp_path, account, check):
    with protected_site(service, tmp_path, check=check) as site:
        token = account.session.access_token
        assert site.request("/files/page.txt", token)[0] == 500
        assert site.request("/files/page.txt")[0] == 500
        assert site.request("/x", token, strict=True)[0] == 200
