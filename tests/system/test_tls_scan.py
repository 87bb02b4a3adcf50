# SPDX-License-Identifier: Apache-2.0
"""testssl.sh over the TLS of the development copy and of the packaged site: nothing at MEDIUM or
above, but for what is named here with its reason."""

import json
import shutil
import subprocess

import pytest

from latchkey_testkit import site

TIMEOUT_S = 1200

# What a certificate of the tests cannot have; the operator's own is the operator's business.
EXCEPTED = {
    "cert_chain_of_trust": "signed by an authority of the test's own",
    "cert_revocation": "that authority offers neither CRL nor OCSP",
}
SEVERE = ("MEDIUM", "HIGH", "CRITICAL")


def scan(port, folder):
    """All findings of a whole run, as (id, severity, text)."""
    report = folder / "report.json"
    command = [
        shutil.which("testssl") or "testssl.sh", "--quiet", "--color", "0", "--warnings", "off", "--ip", "127.0.0.1",
        "--openssl", "/usr/bin/openssl", "--jsonfile", str(report), f"https://localhost:{port}",
    ]
    subprocess.run(
        command, cwd=folder, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=TIMEOUT_S
    )
    return [(row["id"], row["severity"], row["finding"]) for row in json.loads(report.read_text())]


def severe_ones(findings):
    seen = {name.split(" ")[0] for name, _, _ in findings}
    # A scan that could not connect finds nothing wrong.
    assert {"TLS1_3", "heartbleed", "HSTS_time", "cert_chain_of_trust"} <= seen, sorted(seen)
    return [row for row in findings if row[1] in SEVERE and row[0].split(" ")[0] not in EXCEPTED]


@pytest.mark.slow
def test_development_copy(service, tmp_path):
    assert severe_ones(scan(service.https_port, tmp_path)) == []


@pytest.mark.slow
def test_packaged_site(packaged_site, tmp_path):
    findings = scan(packaged_site, tmp_path)
    assert severe_ones(findings) == []
    protocols = {name: text for name, _, text in findings if name in ("TLS1", "TLS1_1", "TLS1_2", "TLS1_3")}
    assert "offered" in protocols["TLS1_2"] and "not offered" in protocols["TLS1_1"]


@pytest.mark.slow
def test_the_scan_finds_what_is_wrong(weak_site, tmp_path):
    names = {name for name, _, _ in severe_ones(scan(weak_site, tmp_path))}
    assert "cipher_order" in names, names


@pytest.fixture
def packaged_site(service, tmp_path_factory):
    with site.packaged_site(tmp_path_factory.mktemp("site"), service.state_dir / "run") as port:
        yield port


@pytest.fixture
def weak_site(service, tmp_path_factory):
    """The same with nginx' own defaults: the client chooses the cipher."""

    def weaken(text):
        return text.replace("include snippets/latchkey-tls.conf;", "ssl_protocols TLSv1.2 TLSv1.3;", 1)

    with site.packaged_site(tmp_path_factory.mktemp("weak"), service.state_dir / "run", weaken) as port:
        yield port
