# SPDX-License-Identifier: Apache-2.0
"""Every algorithm from the login to the refresh, through nginx and four workers, and what verifiers
of others say of the tokens."""

import json

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from latchkey_testkit import secrecy
from latchkey_testkit.accounts import Account
from latchkey_testkit.client import Client
from latchkey_testkit.keys import Keys, ask_verifier, install_verifiers
from latchkey_testkit.protected_site import protected_site
from latchkey_testkit.tokens import base64url, claims_of, header_of, sign_raw
from latchkey_testkit.waiting import at_once

JWKS = "/.well-known/jwks.json"
MEMBERS = {
    "ES256": {"kty", "crv", "x", "y"},
    "EdDSA": {"kty", "crv", "x"},
    "RS256": {"kty", "n", "e"},
}
# Of the npm packages; jsonwebtoken knows no EdDSA.
VERIFIERS = {
    "HS256": ["jose", "jsonwebtoken"],
    "ES256": ["jose", "jsonwebtoken"],
    "EdDSA": ["jose"],
    "RS256": ["jose", "jsonwebtoken"],
}


@pytest.fixture(scope="module", params=["HS256", *MEMBERS])
def algorithm(request):
    return request.param


@pytest.fixture(scope="module")
def service(spare, algorithm):
    with spare(settings={"JWT_ALGORITHM": algorithm}, api_workers=4) as running:
        yield running


@pytest.fixture(scope="module")
def verifier():
    return install_verifiers()


def public_keys(client):
    return client.get(JWKS).expect(200).json()["keys"]


def key_for_pyjwt(service, algorithm, token):
    if algorithm == "HS256":
        return service.signing_key
    [key] = [key for key in public_keys(Client(service)) if key["kid"] == header_of(token)["kid"]]
    return jwt.get_algorithm_by_name(algorithm).from_jwk(json.dumps(key))


def test_register_login_refresh_me_verify(client, algorithm):
    account = Account(client)
    session = account.new_session()
    for token in (session.access_token, session.refresh_token):
        assert header_of(token)["alg"] == algorithm
    session.refresh_and_take()
    session.assert_lives()
    reply = client.get("/auth/verify", token=session.access_token).expect(204)
    assert reply.header("X-User-Id") == str(account.id)
    session.logout().expect(200)
    session.assert_ended()


def test_twenty_refreshes_at_once_give_one_and_the_same_token(client, account):
    """Four workers sign it; so each of them has to make the same bytes of it."""
    clients = [client.fresh() for _ in range(20)]
    body = {"refresh_token": account.session.refresh_token}
    replies = at_once(20, lambda i: clients[i].post("/auth/refresh", body))
    assert [reply.status for reply in replies] == [200] * 20
    [token] = {reply.json()["refresh_token"] for reply in replies}
    assert token != account.session.refresh_token
    client.post("/auth/refresh", {"refresh_token": token}).expect(200)


def test_the_set_of_public_keys(client, service, algorithm, account):
    reply = client.get(JWKS).expect(200)
    assert reply.header("Cache-Control") == "public, max-age=300"
    assert reply.header("Content-Type") == "application/json"
    kid = header_of(account.session.access_token)["kid"]
    found = [key for key in reply.json()["keys"] if key["kid"] == kid]
    if algorithm == "HS256":
        assert not found
    else:
        [key] = found
        assert set(key) == MEMBERS[algorithm] | {"use", "alg", "kid"}
        assert (key["use"], key["alg"]) == ("sig", algorithm)
    # Not a byte of what is secret, in whatever encoding it stands in its file.
    secrecy.assert_absent(reply.text)
    assert base64url(service.signing_key.encode())[:20] not in reply.text
    assert "oct" not in reply.text
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & {m for k in reply.json()["keys"] for m in k}
    etag = reply.header("ETag")
    for path in (JWKS, "/api/v1" + JWKS):
        again = client.get(path, headers={"If-None-Match": etag}).expect(304)
        assert again.text == ""
        assert again.header("ETag") == etag
    client.get(JWKS, headers={"If-None-Match": '"another"'}).expect(200)


def test_pyjwt_verifies_them(service, algorithm, account):
    token = account.session.access_token
    key = key_for_pyjwt(service, algorithm, token)
    claims = jwt.decode(token, key, algorithms=[algorithm], issuer="latchkey")
    assert claims["sub"] == str(account.id)
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token[:-6] + "AAAAAA", key, algorithms=[algorithm])


def test_npm_packages_verify_them(service, algorithm, account, verifier):
    token = account.session.access_token
    for name in VERIFIERS[algorithm]:
        question = {"verifier": name, "algorithm": algorithm, "token": token}
        if algorithm == "HS256":
            question["secret"] = service.signing_key
        answer = ask_verifier(verifier, service, **question)
        assert answer.get("claims") == claims_of(token), answer
        changed = ask_verifier(verifier, service, **{**question, "token": token[:-6] + "AAAAAA"})
        assert "signature" in changed["refused"]


def test_nginx_lets_them_in(service, account, tmp_path):
    with protected_site(service, tmp_path) as site:
        seen = dict(site.seen_by_app(account.session.access_token)["headers"])
        assert seen["x-user-id"] == str(account.id)
        assert site.request("/app/x", account.session.access_token[:-6] + "AAAAAA")[0] == 401


def test_forged_tokens(client, service, algorithm, account):
    """What a public key is good for: nothing."""
    token = account.session.access_token
    header, claims = header_of(token), claims_of(token)
    forged = [token.rpartition(".")[0] + ".", token[:-6] + "AAAAAA"]
    secrets = ["", "secret"]
    for key in public_keys(client):
        secrets += [json.dumps(key), key.get("n", ""), key.get("x", "")]
        if key["kty"] == "RSA":
            public = jwt.get_algorithm_by_name("RS256").from_jwk(json.dumps(key))
            secrets.append(pem_of(public))
    for secret in secrets:
        for alg in ("HS256", algorithm, "none", "RS256", "ES256", "EdDSA"):
            # Only who has the key makes what verifies.
            forged.append(sign_raw({**header, "alg": alg}, claims, secret))
            forged.append(sign_raw({"alg": alg, "typ": "JWT"}, claims, secret))
    if algorithm == "ES256":
        zero = base64url(bytes(64))
        forged.append(token.rpartition(".")[0] + "." + zero)
    for each in forged:
        client.get("/users/me", token=each).expect_problem(401, "TOKEN_INVALID")
        client.get("/auth/verify", token=each).expect_problem(401, "TOKEN_INVALID")
    account.session.assert_lives()


def pem_of(public_key):
    return public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_the_key_was_made_by_make_up(service, algorithm):
    keys = Keys(service).of(algorithm)
    assert [key["state"] for key in keys].count("signs") == 1
    if algorithm != "HS256":
        [key] = keys
        file = service.state_dir / "keys" / key["file"]
        assert file.stat().st_mode & 0o7777 == 0o640
