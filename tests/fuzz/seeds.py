#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""seeds.py OUTDIR: writes what each harness begins with, OUTDIR/HARNESS/NAME, from the vectors of
others in tests/vectors and from a few samples of our own forms. No two runs differ."""

import base64
import hashlib
import hmac
import json
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors"
KEY = b"fuzzing-needs-a-key-of-32-bytes!"  # as in jws.cpp
HASH = "$2b$12$EXRkfkdmXn2gzds2SSitu.MW9.gAVqa9eLS1//RYtYCmB1eLHg.9q"


def naughty_strings():
    return json.loads((VECTORS / "naughty" / "blns.json").read_text(encoding="utf-8"))


def json_seeds():
    for folder in ("test_parsing", "test_transform"):
        for path in sorted((VECTORS / "json" / folder).glob("*.json")):
            if path.stat().st_size <= 16 * 1024:
                yield path.read_bytes()
    for text in naughty_strings():
        yield json.dumps({"email": text, "password": text}).encode()
    for case in utf8_cases():
        yield b'{"a":"' + case + b'"}'


def utf8_cases():
    text = (VECTORS / "utf8" / "kuhn_rfc3629.json").read_text(encoding="utf-8")
    for case in find_all(json.loads(text), "hex", "bytes"):
        try:
            yield bytes.fromhex(case.replace(" ", ""))
        except ValueError:
            continue


def find_all(value, *names):
    """Every text that stands under one of the names, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in names and isinstance(inner, str):
                yield inner
            yield from find_all(inner, *names)
    elif isinstance(value, list):
        for inner in value:
            yield from find_all(inner, *names)


def form_seeds():
    yield b"grant_type=password&username=ada%40example.com&password=correct+horse&scope="
    yield b"&&a=1&b&c=%00&d=%zz&e=%C3%A4&a=2"
    for text in naughty_strings():
        yield b"username=" + "".join(f"%{byte:02X}" for byte in text.encode()).encode() + b"&password=x"


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(header, payload):
    signed = encoded(header) + b"." + encoded(payload)
    return signed + b"." + encoded(hmac.new(KEY, signed, hashlib.sha256).digest())


CLAIMS = json.dumps({
    "iss": "latchkey", "sub": "42", "sid": "0d9b2a52-6f0c-4a57-8c0b-0c5a3b6f7a10", "jti": "abc",
    "iat": 1800000000, "exp": 1800001800, "type": "access",
}).encode()
HEADERS = (
    b'{"alg":"HS256","typ":"JWT","kid":"fuzz"}', b'{"alg":"HS256"}', b'{"alg":"none"}',
    b'{"alg":"HS256","kid":"other"}', b'{"alg":"HS512"}', b'{"alg":"HS256","crit":["exp"]}',
    b'{"alg":"HS256","jwk":{"kty":"oct","k":"AA"}}', b'{"alg":"ES256","kid":"fuzz"}',
)


def jws_seeds():
    vectors = json.loads((VECTORS / "wycheproof" / "json_web_signature_test.json").read_text())
    texts = [text.encode() for text in find_all(vectors, "jws")]
    for text in texts + [token(header, CLAIMS) for header in HEADERS]:
        yield b"\0" + text
    for header in HEADERS:
        yield b"\2" + header
    for payload in (CLAIMS, b"", b"\0\1\2"):
        yield b"\1" + payload
        yield b"\3" + payload


def field_rules_seeds():
    for text in naughty_strings():
        yield text.encode()
    yield b"ada@example.com"
    yield b"ada.lovelace+tag@mail.example.co.uk"
    yield b"Ada_L-1.2"
    yield b"correct horse battery"


def settings_seeds():
    example = (ROOT / "docs" / "latchkey.env.example").read_bytes()
    yield b"secret\n\n" + example
    yield b"secret\n\n" + example.replace(b"\n#", b"\n")
    for line in example.replace(b"\n#", b"\n").splitlines():
        if b"=" in line:
            yield b"postgresql://u:p%40@[::1]:5432/db?sslmode=require\n\n" + line
    yield b"host=/run/postgresql user='a b' password='it\\'s'\n\nJWT_ISSUER=\"a\\\"b\"\n;c\nLOG_LEVEL='x'\n"


def import_seeds():
    csv = f"email,username,password_hash,is_active,created_at\nada@example.com,ada,{HASH},true,2024-01-31T12:00:00Z\n"
    quoted = f'username,"email",password_hash\r\n"ada","a""b@example.com",{HASH}\r\n\r\n"x\ny",b,c\n"open,1,2\nnext,3,4\n'
    lines = json.dumps({"email": "ada@example.com", "username": "ada", "password_hash": HASH, "is_active": True})
    for choice in (b"\0", b"\1"):
        yield choice + csv.encode()
        yield choice + b"\xef\xbb\xbf" + quoted.encode()
    for choice in (b"\2", b"\3"):
        yield choice + lines.encode() + b"\n\n" + b'{"email":null}\n{"x":1}\n'


def parameter(name, value):
    lengths = b"".join(
        bytes([len(text)]) if len(text) < 128 else struct.pack(">I", len(text) | 1 << 31) for text in (name, value)
    )
    return lengths + name + value


def record(kind, content, padding=0):
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), padding, 0) + content + bytes(padding)


PARAMETERS = {
    b"REQUEST_METHOD": b"POST", b"DOCUMENT_URI": b"/auth/login", b"QUERY_STRING": b"a=b",
    b"CONTENT_TYPE": b"application/json", b"CONTENT_LENGTH": b"2", b"REMOTE_ADDR": b"192.0.2.1",
    b"REQUEST_ID": b"0123456789abcdef", b"HANDED_OVER_AT": b"1800000000.123", b"HTTP_AUTHORIZATION": b"Bearer a.b.c",
    b"HTTP_TRACEPARENT": b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", b"HTTP_USER_AGENT": b"x" * 200,
}


def fastcgi_seeds():
    begin = record(1, b"\0\1\0\0\0\0\0\0")
    packed = b"".join(parameter(*pair) for pair in PARAMETERS.items())
    whole = begin + record(4, packed, 3) + record(4, b"") + record(5, b"{}") + record(5, b"")
    yield b"\0" + whole
    yield b"\0" + whole[:-20]
    yield b"\0" + begin + record(4, packed[:10]) + record(4, packed[10:]) + record(4, b"") + record(5, b"")
    yield b"\0" + begin + record(4, b"\xff\xff\xff\xff\xff\xff\xff\xffx") + record(4, b"") + record(5, b"")
    yield b"\0" + record(9, parameter(b"FCGI_MAX_CONNS", b"")) + record(2, b"") + whole
    lines = b"\n".join(name + b"=" + value[:127] for name, value in PARAMETERS.items())
    yield b"\1" + lines + b"\n\n{}"
    yield b"\1" + lines.replace(b"LENGTH=2", b"LENGTH=99999") + b"\n\n{}"


def base64url_seeds():
    yield from (encoded(bytes(range(count))) for count in range(40))


SEEDS = {
    "json": json_seeds, "form": form_seeds, "jws": jws_seeds, "base64url": base64url_seeds,
    "field_rules": field_rules_seeds, "settings": settings_seeds, "import": import_seeds, "fastcgi": fastcgi_seeds,
}


def main(out):
    for harness, seeds in SEEDS.items():
        folder = Path(out) / harness
        folder.mkdir(parents=True, exist_ok=True)
        count = 0
        for seed in seeds():
            (folder / f"{count:04}").write_bytes(seed)
            count += 1
        assert count, f"no seeds for {harness}"


if __name__ == "__main__":
    main(sys.argv[1])
