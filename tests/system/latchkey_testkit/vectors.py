# SPDX-License-Identifier: Apache-2.0
"""The third-party vectors of tests/vectors (see its README)."""

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "vectors"


def json_test_suite(prefix=""):
    """(name, bytes) of every file of JSONTestSuite whose name begins with `prefix`."""
    files = sorted(FOLDER.glob("json/test_*/*.json"))
    found = [(file.name, file.read_bytes()) for file in files if file.name.startswith(prefix)]
    assert found, prefix
    return found


def json_transform_suite():
    return [(f.name, f.read_bytes()) for f in sorted(FOLDER.glob("json/test_transform/*.json"))]


def naughty_strings():
    return json.loads((FOLDER / "naughty/blns.json").read_text("utf-8"))


def utf8_rows():
    """(id, bytes, valid)"""
    rows = json.loads((FOLDER / "utf8/kuhn_rfc3629.json").read_text())["vectors"]
    return [(row["id"], bytes.fromhex(row["hex"]), row["valid_utf8"]) for row in rows]


def hs256_signatures():
    """(id, compact JWS) of Wycheproof's HS256 groups; every one is signed by a key not ours."""
    suite = json.loads((FOLDER / "wycheproof/json_web_signature_test.json").read_text())
    return [
        (f"{test['tcId']}-{test['comment']}", test["jws"])
        for group in suite["testGroups"]
        if group.get("private", {}).get("kty") == "oct"
        for test in group["tests"]
    ]


def bcrypt_known_answers():
    """(hash, password) of the rows whose password is text that a JSON body can carry."""
    rows = json.loads((FOLDER / "password/bcrypt_kat.json").read_text())["vectors"]
    answers = [(row["hash"], bytes.fromhex(row["password_hex"])) for row in rows]
    return [
        (stored, password.decode("ascii"))
        for stored, password in answers
        if password and len(password) < 72 and all(0x20 <= byte < 0x7F for byte in password)
    ]
