# SPDX-License-Identifier: Apache-2.0
"""Bearer tokens that no honest server made, and ways to send one."""

import base64
import hashlib
import json
import time

import pytest

from latchkey_testkit import vectors
from latchkey_testkit.client import raw_exchange, raw_request
from latchkey_testkit.tokens import base64url, sign_raw

CLAIMS = ("iss", "sub", "sid", "jti", "iat", "exp", "type")
FAR_FUTURE = 4102444800  # 2100


def me(client, token):
    return client.get("/users/me", token=token)


def assert_invalid(client, token):
    reply = me(client, token)
    reply.expect_problem(401, "TOKEN_INVALID")
    assert 'error="invalid_token"' in reply.header("WWW-Authenticate"), reply


def test_a_minted_token_is_accepted(client, mint):
    """Else every refusal below would prove nothing."""
    me(client, mint.token()).expect(200)
    me(client, sign_raw(mint.header, mint.claims, mint.key)).expect(200)


def test_documented_claims(mint, refresh_mint, account):
    for each, kind, lifetime_s in ((mint, "access", 30 * 60), (refresh_mint, "refresh", 7 * 86400)):
        assert set(CLAIMS) <= each.claims.keys()
        assert each.claims["type"] == kind
        assert each.claims["sub"] == str(account.id)
        assert each.claims["iss"] == "latchkey"
        assert type(each.claims["iat"]) is int and type(each.claims["exp"]) is int
        assert each.claims["exp"] - each.claims["iat"] == lifetime_s
        assert each.header["alg"] == "HS256"
    assert mint.claims["sid"] == refresh_mint.claims["sid"]
    assert mint.claims["jti"] != refresh_mint.claims["jti"]


# --- algorithm and key -----------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "HS256"])
def test_unsigned(client, mint, algorithm):
    assert_invalid(client, mint.unsigned(algorithm))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_with_the_right_key(client, mint, algorithm):
    assert_invalid(client, mint.token(algorithm=algorithm))


@pytest.mark.parametrize(
    "algorithm", ["none", "HS384", "RS256", "ES256", "EdDSA", "hs256", "HS256 ", None, 1, ["HS256"]]
)
def test_another_algorithm_claimed_over_a_good_hs256(client, mint, algorithm):
    assert_invalid(client, sign_raw(dict(mint.header, alg=algorithm), mint.claims, mint.key))


def test_another_mac_claimed_as_hs256(client, mint):
    assert_invalid(client, sign_raw(mint.header, mint.claims, mint.key, hashlib.sha512))


@pytest.mark.parametrize(
    "key", ["", "secret", "a" * 32, "your-256-bit-secret"], ids=["empty", "word", "aaaa", "jwt.io"]
)
def test_wrong_key(client, mint, key):
    assert_invalid(client, sign_raw(mint.header, mint.claims, key))


def test_a_part_of_the_key(client, mint):
    assert_invalid(client, sign_raw(mint.header, mint.claims, mint.key[:-1]))
    assert_invalid(client, sign_raw(mint.header, mint.claims, mint.key + "x"))


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "unknown"},
        {"kid": ""},
        {"kid": 7},
        {"kid": "../../../../dev/null"},
        {"kid": "' OR 1=1 --"},
        {"kid": "k" * 2000},
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"typ": 5},
        {"zip": "DEF", "crit": ["zip"]},
    ],
    ids=repr,
)
def test_header_that_must_not_pass(client, mint, header):
    token = sign_raw({**mint.header, **header}, mint.claims, mint.key)
    if "typ" in header:  # nothing in RFC 7515 makes a typ of another type fatal
        assert me(client, token).status in (200, 401)
    else:
        assert_invalid(client, token)


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_keys_brought_along_are_not_used(client, mint, name):
    value = {"kty": "oct", "k": base64url(b"a" * 32)} if name == "jwk" else "https://evil.example/"
    header = {**mint.header, name: value}
    assert_invalid(client, sign_raw(header, mint.claims, "a" * 32))


# --- claims ----------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", CLAIMS)
def test_missing_claim(client, mint, claim):
    assert_invalid(client, mint.token(without=(claim,)))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "someone-else"),
        ("iss", ""),
        ("iss", "Latchkey"),
        ("iss", None),
        ("iss", ["latchkey"]),
        ("type", "refresh"),
        ("type", "ACCESS"),
        ("type", ""),
        ("type", None),
        ("type", 1),
        ("sub", ""),
        ("sub", "abc"),
        ("sub", 1),
        ("sub", None),
        ("sub", "1e3"),
        ("sub", "9" * 30),
        ("sub", "1; DROP TABLE users"),
        ("sid", ""),
        ("sid", "abc"),
        ("sid", 1),
        ("sid", None),
        ("sid", "00000000-0000-4000-8000-00000000000g"),
        ("jti", 1),
        ("jti", None),
        ("iat", "1"),
        ("iat", None),
        ("exp", str(FAR_FUTURE)),
        ("exp", FAR_FUTURE + 0.5),
        ("exp", 1e300),
        ("exp", True),
        ("exp", None),
        ("exp", [FAR_FUTURE]),
        ("exp", {}),
    ],
)
def test_wrong_claim(client, mint, claim, value):
    assert_invalid(client, sign_raw(mint.header, {**mint.claims, claim: value}, mint.key))


@pytest.mark.parametrize("exp", ["1e400", "-1e400", "9" * 40, "-" + "9" * 40, "NaN", "01"])
def test_numbers_that_do_not_fit(client, mint, exp):
    claims = json.dumps({**mint.claims, "exp": "EXP"}).replace('"EXP"', exp)
    reply = me(client, sign_raw(mint.header, claims.encode(), mint.key))
    assert reply.status == 401, reply
    assert reply.json()["error_code"] in ("TOKEN_INVALID", "TOKEN_EXPIRED")


@pytest.mark.parametrize("ago_s", [1, 60, 10**9])
def test_expired(client, mint, ago_s):
    reply = me(client, mint.expired(ago_s))
    reply.expect_problem(401, "TOKEN_EXPIRED")
    assert 'error="invalid_token"' in reply.header("WWW-Authenticate"), reply


def test_about_to_expire_is_good(client, mint):
    me(client, mint.token({"exp": int(time.time()) + 30})).expect(200)


def test_expired_and_forged_is_forged(client, mint):
    token = mint.token({"exp": 1000000000}, key="k" * 40)
    assert_invalid(client, token)


def test_another_users_id_with_the_own_session(client, mint, account):
    token = mint.token({"sub": str(account.id + 1)})
    me(client, token).expect_problem(401, "TOKEN_REVOKED")


def test_a_session_that_never_was(client, mint):
    token = mint.token({"sid": "00000000-0000-4000-8000-000000000000"})
    me(client, token).expect_problem(401, "TOKEN_REVOKED")


# --- spelling --------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [0, 1, 2])
def test_one_changed_character(client, account, part):
    parts = account.session.access_token.split(".")
    text = parts[part]
    for position in (0, len(text) // 2, len(text) - 2):
        other = "A" if text[position] != "A" else "B"
        parts[part] = text[:position] + other + text[position + 1 :]
        assert_invalid(client, ".".join(parts))


def test_tampered_payload(client, mint, account):
    header, _, signature = account.session.access_token.split(".")
    payload = base64url(json.dumps({**mint.claims, "sub": "1"}).encode())
    assert_invalid(client, f"{header}.{payload}.{signature}")


def test_unused_bits_of_the_last_character(client, account):
    """43 base64url characters hold 258 bits: two are unused and must be zero."""
    token = account.session.access_token
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(token[-1])
    assert last % 4 == 0
    for spare_bits in (1, 2, 3):
        assert_invalid(client, token[:-1] + alphabet[last + spare_bits])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token + "=",
        lambda token: token.replace(".", "=.", 1),
        lambda token: token + ".",
        lambda token: token + ".x",
        lambda token: "." + token,
        lambda token: token.replace(".", "..", 1),
        lambda token: token.rpartition(".")[0],
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token + "%00",
        lambda token: token + "!",
        lambda token: token.replace("eyJ", "eyJ\t", 1),
        lambda token: token + "," + token,
        lambda token: token + " " + token,
        lambda token: token + "?",
    ],
)
def test_other_spellings(client, account, spoil):
    reply = me(client, spoil(account.session.access_token))
    assert reply.status == 401, reply
    assert reply.json()["error_code"] in ("TOKEN_INVALID", "NOT_AUTHENTICATED")


def test_standard_base64_alphabet(client, mint):
    """'+' and '/' are not base64url."""
    signed = None
    for number in range(1000):  # until the signature has one of them
        signed = mint.token({"jti": f"jti-{number}"})
        head, _, signature = signed.rpartition(".")
        if "-" in signature or "_" in signature:
            break
    other = base64.b64encode(base64.urlsafe_b64decode(signature + "=")).decode().rstrip("=")
    assert_invalid(client, f"{head}.{other}")


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        (b"", b"{}"),
        (b"{}", b""),
        (b"null", b"{}"),
        (b"[]", b"[]"),
        (b'{"alg":"HS256"', b"{}"),
        (b'{"alg":"HS256"}', b"null"),
        (b'{"alg":"HS256"}', b"[]"),
        (b'{"alg":"HS256"}', b'"text"'),
        (b'{"alg":"HS256"}', b"\x00\x01\x02"),
        (b'{"alg":"HS256"}', b"\xff\xfe"),
        (b'{"alg":"HS256"}', b"[" * 3000),
        (b'{"alg":"HS256"}', b'{"a":' * 500),
        (b'{"alg":"HS256","alg":"HS256"}', b"{}"),
        (b"\xef\xbb\xbf{}", b"{}"),
    ],
    ids=lambda part: repr(part[:30]),
)
def test_rightly_signed_garbage(client, mint, header, payload):
    assert_invalid(client, sign_raw(header, payload, mint.key))


def test_duplicate_claims(client, mint):
    claims = json.dumps(mint.claims)[:-1] + ', "type": "access"}'
    assert_invalid(client, sign_raw(mint.header, claims.encode(), mint.key))


@pytest.mark.parametrize("length", [1, 1000, 4000, 7000])
def test_long_tokens(client, length):
    assert_invalid(client, "A" * length)
    assert_invalid(client, f"{'e' * length}.{'e' * length}.{'A' * 43}"[:7500])


def test_a_long_token_with_a_right_signature(client, mint):
    token = mint.token({"more": "x" * 4000})
    assert me(client, token).status in (200, 401)


@pytest.mark.parametrize(
    "token",
    [token for _, token in vectors.hs256_signatures()],
    ids=[number for number, _ in vectors.hs256_signatures()],
)
def test_wycheproof_signatures_of_another_key(client, token):
    if token:
        assert_invalid(client, token)
    else:  # one of them is the empty string, which is no token
        me(client, token).expect_problem(401, "NOT_AUTHENTICATED")


# --- the header that carries it ----------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_scheme_without_regard_to_case(client, account, scheme):
    value = f"{scheme} {account.session.access_token}"
    client.get("/users/me", headers={"Authorization": value}).expect(200)


@pytest.mark.parametrize(
    "value", ["Basic dXNlcjpwYXNz", "Digest x", "Token x", "Bearerx", "Negotiate"]
)
def test_another_scheme_is_no_token(client, value):
    reply = client.get("/users/me", headers={"Authorization": value})
    reply.expect_problem(401, "NOT_AUTHENTICATED")
    assert "error=" not in reply.header("WWW-Authenticate"), reply


def test_the_bare_token_is_no_bearer_token(client, account):
    reply = client.get("/users/me", headers={"Authorization": account.session.access_token})
    reply.expect_problem(401, "NOT_AUTHENTICATED")


@pytest.mark.parametrize("value", [b"Bearer", b"Bearer ", b"Bearer    ", b"Bearer \xff\xfe", b""])
def test_nothing_after_the_scheme(service, value):
    request = raw_request("GET", "/users/me", [("Authorization", value), ("Connection", "close")])
    reply = raw_exchange(service, request)
    assert reply.status == 401, reply
    assert reply.json()["error_code"] in ("NOT_AUTHENTICATED", "TOKEN_INVALID")


def test_two_authorization_headers(service, account):
    good = f"Bearer {account.session.access_token}"
    headers = [("Authorization", "Bearer x.y.z"), ("Authorization", good), ("Connection", "close")]
    reply = raw_exchange(service, raw_request("GET", "/users/me", headers))
    assert reply.status in (400, 401), reply


def test_a_token_in_the_query_is_not_a_token(client, account):
    reply = client.get(f"/users/me?access_token={account.session.access_token}")
    reply.expect_problem(401, "NOT_AUTHENTICATED")
