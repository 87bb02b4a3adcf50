# SPDX-License-Identifier: Apache-2.0
"""What units, package and nginx's tools repeat of the program's tables is the same there."""

import re

import pytest

import hygiene


def lines_of(path):
    """[(key, value)] of a unit, without comments."""
    text = path.read_text(encoding="utf-8")
    return [tuple(line.split("=", 1)) for line in text.splitlines() if "=" in line and not line.startswith("#")]


def values(path, key):
    return [value for name, value in lines_of(path) if name == key]


@pytest.fixture(scope="module")
def systemd(root):
    return root / "systemd"


@pytest.fixture(scope="module")
def example(root):
    text = (root / "docs" / "latchkey.env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", text, re.M))


@pytest.mark.parametrize("kind", ["@.service", ".socket"])
def test_both_pools_have_the_same_units(systemd, kind):
    """Only the sentence about the pool and the length of its queue differ."""
    api, hashing = ([line for line in lines_of(systemd / f"latchkey-{pool}{kind}") if line[0] != "Backlog"]
                    for pool in ("api", "hash"))
    assert [(key, value.replace("hash", "api")) for key, value in hashing] == api


@pytest.mark.parametrize("pool", ["api", "hash"])
def test_bounds_of_the_units_fit_the_default_of_worker_timeout(systemd, example, pool):
    unit = systemd / f"latchkey-{pool}@.service"
    timeout = int(example["WORKER_TIMEOUT"].removesuffix("s"))
    # worker/process/notify.h: nine tenths of the interval are left for a piece of work.
    assert 0.9 * int(values(unit, "WatchdogSec")[0]) > timeout
    assert int(values(unit, "TimeoutStopSec")[0]) >= timeout + 5


@pytest.mark.parametrize("pool", ["api", "hash"])
def test_leaving_for_want_of_work_is_no_failure(root, systemd, pool):
    contract = (root / "worker" / "process" / "contract.h").read_text(encoding="utf-8")
    idle = re.search(r"kExitIdle = (\d+);", contract).group(1)
    for key in ("SuccessExitStatus", "RestartPreventExitStatus"):
        assert values(systemd / f"latchkey-{pool}@.service", key) == [idle]


def test_every_secret_setting_can_be_a_credential(root, systemd):
    groups = sorted((root / "worker" / "config").glob("rows_*.cpp"))
    rows = "".join(group.read_text(encoding="utf-8") for group in groups)
    secrets = re.findall(r'\.name = "([A-Z_]+)",\s*\.default_text = [^,]*,\s*\.kind = SecretKind', rows)
    assert len(secrets) >= 2
    credentials = values(systemd / "latchkey-.service.d" / "common.conf", "LoadCredential")
    # Not for the workers: they have no use for it.
    assert "ADMIN_DATABASE_URL" in secrets
    credentials += values(systemd / "latchkey-purge.service", "LoadCredential")
    assert sorted(credentials) == sorted(f"{name}:latchkey.{name}" for name in secrets)
    postrm = (root / "debian" / "latchkey.postrm").read_text(encoding="utf-8")
    page = (root / "man" / "latchkey.env.5.in").read_text(encoding="utf-8")
    for name in secrets:
        assert f"/etc/credstore/latchkey.{name}" in postrm
        assert f"/etc/credstore/latchkey.{name}" in page


def test_latchkey_nginx_hands_over_every_setting_that_render_takes(root):
    render = (root / "nginx" / "render").read_text(encoding="utf-8")
    taken = set(re.findall(r'"\$\{([A-Z][A-Z0-9_]*)-[^}]*\}"', render))
    tool = (root / "nginx" / "latchkey-nginx").read_text(encoding="utf-8")
    patterns = re.search(r"case \$name in\n\s*(.*?)\)", tool).group(1).split(" | ")
    assert {name for name in taken if any(re.fullmatch(p.replace("*", ".*"), name) for p in patterns)} == taken
    page = (root / "man" / "latchkey-nginx.8.in").read_text(encoding="utf-8")
    assert set(re.findall(r"^\.Ev ([A-Z_]+)", page, re.M)) == taken


def test_every_unit_is_packed(root, systemd):
    install = (root / "debian" / "latchkey.install").read_text(encoding="utf-8")
    patterns = [re.escape(word).replace(r"\*", ".*") for word in install.split()]
    left_out = [path.name for path in systemd.iterdir()
                if path.suffix in (".service", ".socket", ".target", ".timer", ".slice")
                and not any(re.fullmatch(pattern, f"systemd/{path.name}") for pattern in patterns)]
    assert not left_out


def test_units_are_held_to_the_rules_of_sources(systemd):
    for path in systemd.rglob("*"):
        if path.is_file() and path.name != "README.md":
            assert path.suffix in hygiene.SOURCE_SUFFIXES | {".sysusers", ".tmpfiles", ".timer", ".slice"}
