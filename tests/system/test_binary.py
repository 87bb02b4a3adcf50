# SPDX-License-Identifier: Apache-2.0
"""The program as it is shipped: position independent, read-only after its start, with canaries and
checked calls, no stack that runs, and no libraries from anywhere but the system and one folder of its
own. What checksec(1) looks at."""

import re
import secrets
import subprocess
from pathlib import Path

import pytest

from latchkey_testkit.service import BINARY, BUILD

pytestmark = pytest.mark.skipif(BUILD != "release", reason="only the release build is hardened")


def readelf(*options, binary=BINARY):
    return subprocess.run(
        ["readelf", "-W", *options, str(binary)], capture_output=True, text=True, check=True, env={"LC_ALL": "C"}
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


def test_one_library_path_and_that_is_absolute():
    own = str(BINARY.parent / "lib" / "latchkey")
    assert re.findall(r"\((?:RPATH|RUNPATH)\)\s+Library \w+: \[(.*)\]", readelf("-d")) == [own]


def test_the_installed_program_looks_into_the_folder_of_the_package(tmp_path):
    subprocess.run(["cmake", "--install", BINARY.parent, "--prefix", tmp_path], check=True, capture_output=True)
    dynamic = readelf("-d", binary=tmp_path / "bin" / "latchkey")
    assert re.findall(r"\((?:RPATH|RUNPATH)\)\s+Library \w+: \[(.*)\]", dynamic) == ["/usr/lib/latchkey"]
    assert [path.name for path in (tmp_path / "lib" / "latchkey").iterdir()] == [library_named("libldap").name]


def libraries():
    """Names and paths of what the program has loaded."""
    listed = subprocess.run(["ldd", str(BINARY)], capture_output=True, text=True, check=True).stdout
    return {name: Path(path) for name, path in re.findall(r"^\s+(\S+) => (\S+) \(", listed, re.M)}


def library_named(start):
    [path] = [path for name, path in libraries().items() if name.startswith(start)]
    return path


def test_no_second_tls_library_and_no_ldap():
    loaded = " ".join(libraries())
    assert library_named("libldap").parent == BINARY.parent / "lib" / "latchkey"
    for unwanted in ("liblber", "libsasl", "libgnutls", "libp11-kit", "libsystemd", "liblzma"):
        assert unwanted not in loaded


def test_every_name_that_libpq_wants_of_libldap_is_there():
    wanted = set(re.findall(r"UND (ldap_\w+@\S+)", readelf("--dyn-syms", binary=library_named("libpq."))))
    there = set(re.findall(r"FUNC\s+GLOBAL\s+DEFAULT\s+\d+ (ldap_\w+@@\S+)",
                           readelf("--dyn-syms", binary=library_named("libldap"))))
    assert wanted
    assert wanted <= {name.replace("@@", "@") for name in there}


def test_a_lookup_of_a_connection_in_a_directory_is_a_failure_like_any_other(tmp_path):
    services = tmp_path / "services"
    services.write_text("[directory]\nldap://localhost/dc=example?description?one?(cn=database)\n")
    doctor = subprocess.run(
        [BINARY, "doctor"], capture_output=True, text=True, timeout=60,
        env={"PGSERVICEFILE": str(services), "DATABASE_URL": "service=directory",
             "JWT_SECRET_KEY": secrets.token_hex(32), "RUNTIME_DIR": str(tmp_path)})
    assert doctor.returncode == 1, doctor
    assert "LDAP" in doctor.stdout, doctor.stdout
