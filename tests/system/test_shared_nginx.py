# SPDX-License-Identifier: Apache-2.0
"""The packaged site in an nginx that others use too, whose defaults in http { } are for caches, files
and error pages of theirs: nothing of a user's may get into those."""

import subprocess

import pytest

from latchkey_testkit.accounts import Account, registration
from latchkey_testkit.client import Client
from latchkey_testkit.site import Reached, packaged_site

CACHES = """
    fastcgi_cache_path {folder}/cache keys_zone=of_others:1m;
    fastcgi_cache of_others;
    fastcgi_cache_key $request_uri;
    fastcgi_cache_valid any 1m;
    fastcgi_ignore_headers Cache-Control Expires Set-Cookie Vary;
    fastcgi_intercept_errors on;
    client_body_in_file_only on;
    client_body_temp_path {folder}/bodies;
    ssl_early_data on;
"""
STORES = "fastcgi_store {folder}/store$uri;"


def site_with(service, tmp_path, defaults):
    return packaged_site(
        tmp_path, service.state_dir / "run", http=defaults.format(folder=tmp_path)
    )


@pytest.fixture
def caching(service, tmp_path):
    with site_with(service, tmp_path, CACHES) as port:
        yield Reached(tmp_path, port)


@pytest.fixture
def storing(service, tmp_path):
    with site_with(service, tmp_path, STORES) as port:
        yield Reached(tmp_path, port)


def files_below(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_nobody_gets_the_answer_of_another(client, caching):
    accounts = [Account(client) for _ in range(2)]
    at_site = Client(caching)
    for _ in range(2):
        for account in accounts:
            reply = at_site.get("/users/me", token=account.session.access_token).expect(200)
            assert reply.json()["id"] == account.id
    at_site.get("/users/me").expect_problem(401, "NOT_AUTHENTICATED")
    assert files_below(caching.folder / "cache") == []


def test_no_answer_is_stored(client, account, storing):
    at_site = Client(storing)
    at_site.get("/users/me", token=account.session.access_token).expect(200)
    assert files_below(storing.folder / "store") == []


def test_errors_of_the_worker_stay_its_own(client, caching):
    at_site = Client(caching)
    body = registration()
    at_site.post("/auth/register", body).expect(201)
    at_site.post("/auth/register", body).expect_problem(409, "USER_ALREADY_EXISTS")
    at_site.post("/auth/login", {"username": body["username"], "password": "x"}).expect_problem(
        401, "INVALID_CREDENTIALS"
    )


def test_no_password_gets_into_a_file(caching):
    Client(caching).post("/auth/register", registration()).expect(201)
    assert files_below(caching.folder / "bodies") == []


def test_no_early_data(caching):
    """RFC 8446, 8: whoever records early data can send it again."""
    ticket = caching.folder / "ticket"
    subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{caching.https_port}", "-servername", "localhost",
         "-tls1_3", "-ign_eof", "-sess_out", str(ticket)],
        input=b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        capture_output=True, timeout=30, check=True,
    )  # fmt: skip
    shown = subprocess.run(
        ["openssl", "sess_id", "-in", str(ticket), "-noout", "-text"],
        capture_output=True, text=True, timeout=30, check=True,
    ).stdout  # fmt: skip
    assert "Max Early Data: 0\n" in shown, shown
