# SPDX-License-Identifier: Apache-2.0
"""Content types of request bodies."""

import json

import pytest

from latchkey_testkit.accounts import registration
from latchkey_testkit.client import raw_exchange, raw_request


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
    ],
)
def test_accepted(client, media_type):
    reply = client.post("/auth/register", registration(), headers={"Content-Type": media_type})
    reply.expect(201)


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "text/json",
        "application/jsonx",
        "application/xml",
        "application/problem+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "application/json, text/plain",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "json",
        "*/*",
        ";",
    ],
)
def test_refused(client, media_type):
    reply = client.post("/auth/register", registration(), headers={"Content-Type": media_type})
    reply.expect_problem(415, "UNSUPPORTED_MEDIA_TYPE")


def test_none_at_all(service):
    body = json.dumps(registration()).encode()
    reply = raw_exchange(service, raw_request("POST", "/auth/register", [], body))
    reply.expect_problem(415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/login"),
        ("POST", "/auth/refresh"),
        ("POST", "/auth/logout"),
        ("PATCH", "/users/me"),
        ("PUT", "/users/me"),
        ("PUT", "/users/me/password"),
    ],
)
def test_every_path_that_reads_a_body(client, account, method, path):
    reply = client.request(
        method,
        path,
        body=b"{}",
        headers={"Content-Type": "text/plain"},
        token=account.session.access_token,
    )
    reply.expect_problem(415, "UNSUPPORTED_MEDIA_TYPE")


def test_forms_are_for_login_only(client):
    form = {"refresh_token": "x"}
    client.post("/auth/refresh", form=form).expect_problem(415, "UNSUPPORTED_MEDIA_TYPE")
