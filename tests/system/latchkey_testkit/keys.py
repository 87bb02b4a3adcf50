# SPDX-License-Identifier: Apache-2.0
"""The key directory of a copy, by `latchkey keys`, and the verifiers of others."""

import json
import os
import subprocess

from . import secrecy
from .service import BINARY, ROOT

VERIFIERS = ROOT / "tests/system/verifiers"
PACKAGES = ROOT / "build/verifiers.npm"
TIMEOUT_S = 60


def remember_keys(folder):
    """Every line of every key file."""
    for file in [*folder.glob("*.pem"), *folder.glob("*.key"), *folder.glob("retired/*")]:
        for line in file.read_text().splitlines():
            if not line.startswith("-----"):
                secrecy.remember(line)


class Keys:
    def __init__(self, service):
        self.service = service
        self.folder = service.state_dir / "keys"

    def run(self, *words):
        """Shows nothing secret, whatever it is asked."""
        done = subprocess.run(
            [BINARY, "keys", *words, "--config", self.service.state_dir / "latchkey.env"],
            env=self.service.environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        remember_keys(self.folder)
        secrecy.assert_absent(done.stdout, done.stderr)
        return done

    def list(self):
        done = self.run("list", "--json")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def of(self, algorithm):
        return [key for key in self.list() if key["algorithm"] == algorithm]

    def signing_kid(self):
        [kid] = [key["kid"] for key in self.list() if key["state"] == "signs"]
        return kid

    def generate(self, *options):
        """The kid of the new key."""
        before = {key["kid"] for key in self.list()}
        done = self.run("generate", *options)
        assert done.returncode == 0, done.stderr
        [kid] = {key["kid"] for key in self.list()} - before
        assert kid in done.stdout
        return kid

    def retire(self, kid, *options):
        done = self.run("retire", kid, *options)
        assert done.returncode == 0, done.stderr


def install_verifiers():
    subprocess.run(
        [ROOT / "openapi/npm-ci", VERIFIERS, PACKAGES], check=True, stdout=subprocess.DEVNULL
    )
    program = PACKAGES / "verify.mjs"
    program.write_bytes((VERIFIERS / "verify.mjs").read_bytes())
    return program


def ask_verifier(program, service, **question):
    """The claims, or why the verifier refuses the token."""
    environment = {"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(service.ca_file)}
    done = subprocess.run(
        ["node", program],
        input=json.dumps({"jwks_url": f"{service.url}/.well-known/jwks.json", **question}),
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    return json.loads(done.stdout)
