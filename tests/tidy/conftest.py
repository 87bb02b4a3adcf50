# SPDX-License-Identifier: Apache-2.0
"""Tests of the tree itself: no service runs here, but two of the built programs are asked what they hold."""

import json
import os
import subprocess
from pathlib import Path

import pytest

import openapi_file

ROOT = Path(__file__).resolve().parents[2]


def build_output(variable, name):
    build = os.environ.get("LATCHKEY_BUILD", "release")
    path = Path(os.environ.get(variable, ROOT / "build" / build / name))
    if not path.exists():
        pytest.fail(f"{name} is not built: run make, or set {variable}")
    return path


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def latchkey():
    """The program."""
    return build_output("LATCHKEY_BIN", "latchkey")


@pytest.fixture(scope="session")
def contract():
    """What the program's own tables say: routes, error codes, names of settings."""
    run = subprocess.run([build_output("LATCHKEY_CONTRACT", "print_contract")], check=True, capture_output=True)
    return json.loads(run.stdout)


@pytest.fixture(scope="session")
def api():
    return openapi_file.load(ROOT / "openapi" / "openapi.yaml")


@pytest.fixture(scope="session")
def tracked():
    """Every file that is in the repository or would be by `git add --all`."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True)
    paths = [ROOT / name.decode() for name in listing.stdout.split(b"\0") if name]
    return [path for path in paths if path.is_file()]
