# SPDX-License-Identifier: Apache-2.0
"""The way to PostgreSQL over TLS."""

import contextlib

import pytest

from latchkey_testkit.tls_proxy import TlsProxy

LISTED = 100
TIMEOUT_S = 2


@pytest.fixture(scope="module")
def service(spare):
    """A copy whose workers reach PostgreSQL over TLS, in records as large as there are."""
    settings = {"DATABASE_TIMEOUT": f"{TIMEOUT_S}s"}
    with contextlib.ExitStack() as last, spare(settings=settings, pooler="none") as running:
        tls = running.state_dir / "tls"
        proxy = TlsProxy(
            running.state_dir / "run/pg/.s.PGSQL.5432", tls / "server.crt", tls / "server.key"
        )
        last.callback(proxy.close)
        url = running.generated_settings()["DATABASE_URL"].partition("?")[0]
        way = f"host=127.0.0.1&port={proxy.port}&sslmode=require"
        running.settings["DATABASE_URL"] = f"{url}?{way}"
        running.restart()
        yield running


def test_an_answer_is_read_to_its_end_out_of_large_records(service, client, account):
    """What is left of a record is in the TLS library and no longer in the socket: who waits for the
    socket waits until the deadline, with the answer there."""
    service.query(
        "INSERT INTO latchkey.sessions (id, user_id, created_at, rotated_at, last_used_at,"
        " expires_at, ip, user_agent)"
        " SELECT gen_random_uuid(), %s, now(), now(), now(), now() + interval '1 day', '192.0.2.1',"
        " repeat('x', 512) FROM generate_series(1, %s) RETURNING id",
        (account.session.user["id"], 2 * LISTED),
    )
    reply = client.get("/auth/sessions", token=account.session.access_token).expect(200)
    assert len(reply.json()["sessions"]) == LISTED
    assert reply.elapsed_s < TIMEOUT_S / 2
