# SPDX-License-Identifier: Apache-2.0
"""`latchkey doctor` as an operator calls it, and its report after a look at its form."""

import json
import subprocess

from .service import BINARY

AREAS = ["settings", "key", "runtime", "workers", "database", "certificates"]


def run(service, *arguments, file=None, settings=None, **options):
    """As an operator calls it. Neither the key nor a password is in what it says."""
    done = subprocess.run(
        [
            str(BINARY),
            "doctor",
            "--config",
            str(file or service.state_dir / "latchkey.env"),
            *arguments,
        ],
        env={**service.settings, "RUNTIME_DIR": str(service.state_dir / "run"), **(settings or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )
    secrets = service.generated_settings()
    password = secrets["DATABASE_URL"].partition("@")[0].rpartition(":")[2]
    assert len(password) > 20
    for secret in (password, secrets["JWT_SECRET_KEY"]):
        assert secret not in done.stdout + done.stderr
    return done


def examine(service, *arguments, **options):
    """The report, after a look at its form: {(area, check): finding} of what is not ok."""
    done = run(service, "--json", *arguments, **options)
    assert done.stderr == "", done
    report = json.loads(done.stdout)
    assert sorted(report) == ["could_not_ask", "failures", "findings", "warnings"]
    found = {}
    areas = []
    for finding in report["findings"]:
        assert sorted(finding) == ["advice", "area", "check", "found", "status"]
        assert finding["area"] in AREAS and finding["found"].endswith("."), finding
        assert (finding["advice"] == "") == (finding["status"] == "ok"), finding
        areas.append(finding["area"])
        if finding["status"] != "ok":
            found[finding["area"], finding["check"]] = finding
    assert areas == sorted(areas, key=AREAS.index)
    for member, status in (
        ("failures", "failure"),
        ("warnings", "warning"),
        ("could_not_ask", "could_not_ask"),
    ):
        assert report[member] == sum(f["status"] == status for f in report["findings"])
    ill = report["failures"] + report["could_not_ask"] > 0
    assert done.returncode == (1 if ill else 0), done
    return found


def assert_only(found, area, check, status, word):
    """One thing is wrong, and it says which."""
    assert list(found) == [(area, check)], found
    finding = found[area, check]
    assert finding["status"] == status, finding
    assert word in finding["found"], finding
