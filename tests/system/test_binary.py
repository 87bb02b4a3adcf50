# SPDX-License-Identifier: Apache-2.0
"""The program as it is shipped: position independent, read-only after its start, with canaries and
checked calls, no stack that runs, and no library path of its own. What checksec(1) looks at."""

import re
import subprocess

import pytest

from latchkey_testkit.service import BINARY, BUILD

pytestmark = pytest.mark.skipif(BUILD != "release", reason="only the release build is hardened")


def readelf(*options):
    return subprocess.run(
        ["readelf", "-W", *options, str(BINARY)], capture_output=True, text=True, check=True, env={"LC_ALL": "C"}
    ).stdout


def test_position_independent():
    assert re.search(r"Type:\s+DYN \(Position-Independent Executable", readelf("-h"))
    assert "PIE" in readelf("-d")


def test_full_relro():
    assert "GNU_RELRO" in readelf("-l")
    assert re.search(r"\(FLAGS_1\)\s+Flags:.*\bNOW\b", readelf("-d"))


def test_no_executable_stack_and_no_writable_code():
    rights = re.findall(r"^\s+(GNU_STACK|LOAD)\s+(?:0x\w+\s+){5}([RWE ]{3})", readelf("-l"), re.M)
    assert {name for name, _ in rights} == {"GNU_STACK", "LOAD"}
    for name, flags in rights:
        assert "E" not in flags if name == "GNU_STACK" else not {"W", "E"} <= set(flags), (name, flags)


def test_canaries_and_checked_calls():
    symbols = readelf("--dyn-syms")
    assert "__stack_chk_fail" in symbols
    assert re.search(r"__(printf|snprintf|fprintf|memcpy|explicit_bzero)_chk", symbols), "no _FORTIFY_SOURCE"


def test_no_library_path():
    assert not re.search(r"\((RPATH|RUNPATH)\)", readelf("-d"))
