# SPDX-License-Identifier: Apache-2.0
"""Alerts, runbooks and dashboard speak of metrics that exist, and of each other."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "docs/monitoring"
METRIC = re.compile(r"\blatchkey_[a-z_]+\b")


def alerts():
    rules = yaml.safe_load((MONITORING / "latchkey.rules.yml").read_text())
    return [rule for group in rules["groups"] for rule in group["rules"]]


def known_metrics():
    """The families of the frozen list, and the series that a histogram has."""
    frozen = (ROOT / "tests/unit/api/metrics_text_test.cpp").read_text()
    families = dict(re.findall(r'"(latchkey_[a-z_]+) (counter|gauge|histogram)"', frozen))
    assert len(families) > 15
    names = set(families)
    for name, kind in families.items():
        if kind == "histogram":
            names |= {name + suffix for suffix in ("_bucket", "_sum", "_count")}
    return names


def test_every_alert_has_its_runbook_and_every_runbook_its_alert():
    names = [rule["alert"] for rule in alerts()]
    assert len(names) == len(set(names)) == 10
    headings = re.findall(r"(?m)^## (Latchkey\w+)$", (ROOT / "docs/operations.md").read_text())
    assert headings == names
    for rule in alerts():
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_every_alert_is_tested():
    tests = (MONITORING / "latchkey.rules.test.yml").read_text()
    for rule in alerts():
        assert len(re.findall(rf"alertname: {rule['alert']}\b", tests)) >= 2, rule["alert"]


def test_runbooks_say_how_to_look_and_what_to_do():
    text = (ROOT / "docs/operations.md").read_text()
    runbooks = [section for section in re.split(r"(?m)^## ", text)[1:] if section.startswith("Latchkey")]
    assert len(runbooks) == len(alerts())
    for section in runbooks:
        assert re.search(r"(?m)^Look", section), section[:40]
        assert re.search(r"(?m)^Mend", section), section[:40]


@pytest.mark.parametrize(
    "file", ["latchkey.rules.yml", "latchkey.rules.test.yml", "grafana-dashboard.json", "README.md"]
)
def test_only_metrics_that_exist_are_named(file):
    named = set(METRIC.findall((MONITORING / file).read_text()))
    assert named
    assert named <= known_metrics(), named - known_metrics()


def test_the_dashboard_is_one():
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text())
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids)) == 10
    for panel in dashboard["panels"]:
        assert panel["targets"] and all(target["expr"] for target in panel["targets"])


@pytest.mark.skipif(
    shutil.which("promtool") is None,
    reason="promtool is not installed: dev/install monitoring, as make test-all does",
)
def test_the_rules_do_what_they_say():
    for arguments in (["check", "rules", "latchkey.rules.yml"], ["test", "rules", "latchkey.rules.test.yml"]):
        done = subprocess.run(
            ["promtool", *arguments], cwd=MONITORING, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
