# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus scrapes the service through nginx, as docs/monitoring/README.md sets it up, with
the alert rules loaded; and promtool reads what /metrics says."""

import json
import re
import shutil
import subprocess
import urllib.parse
import urllib.request

import pytest

from latchkey_testkit.service import ROOT, free_ports
from latchkey_testkit.waiting import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("prometheus") is None,
        reason="prometheus is not installed: dev/install monitoring, as make test-all does",
    ),
]

MONITORING = ROOT / "docs" / "monitoring"
START_S = 60


class Prometheus:
    def __init__(self, folder, service):
        [port] = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        shutil.copy(MONITORING / "latchkey.rules.yml", folder)
        configuration = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "scrape_configs": [
                {
                    "job_name": "latchkey",
                    "scheme": "https",
                    "tls_config": {"ca_file": str(service.state_dir / "tls" / "ca.crt")},
                    "static_configs": [{"targets": [f"localhost:{service.https_port}"]}],
                }
            ],
            "rule_files": ["latchkey.rules.yml"],
        }
        file = folder / "prometheus.yml"  # JSON is YAML
        file.write_text(json.dumps(configuration))
        self.log = folder / "log"
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={file}",
                    f"--storage.tsdb.path={folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{port}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def stop(self):
        self._process.terminate()
        self._process.wait(30)

    def ask(self, path, **parameters):
        assert self._process.poll() is None, self.log.read_text()
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as reply:
            answer = json.load(reply)
        assert answer["status"] == "success", answer
        return answer["data"]

    def value(self, expression):
        """The only value of an expression; None if it has none (yet)."""
        result = self.ask("query", query=expression)["result"]
        assert len(result) <= 1, result
        return float(result[0]["value"][1]) if result else None

    def is_up(self):
        try:
            return self.value('up{job="latchkey"}') == 1
        except OSError:
            return False


@pytest.fixture(scope="module")
def prometheus(service, tmp_path_factory):
    server = Prometheus(tmp_path_factory.mktemp("prometheus"), service)
    try:
        wait_until(server.is_up, "Prometheus to have scraped the service", START_S)
        yield server
    finally:
        server.stop()


def test_what_happens_arrives_there(prometheus, client, account):
    def logins(outcome):
        return prometheus.value(f'latchkey_logins_total{{outcome="{outcome}"}}')

    before = logins("success"), logins("invalid_credentials")
    account.login().expect(200)
    account.login("wrong-password").expect(401)
    wait_until(
        lambda: (logins("success"), logins("invalid_credentials")) == (before[0] + 1, before[1] + 1),
        "the two logins",
    )
    assert prometheus.value('sum(latchkey_workers{pool="hash"})') == 2
    assert prometheus.value('latchkey_circuit_breaker_state{state="closed"}') == 1
    assert prometheus.value("count(latchkey_build_info)") == 1


def test_the_rules_are_loaded_and_all_is_well(prometheus):
    def rules():
        [group] = prometheus.ask("rules")["groups"]
        return group["rules"]

    # Each has been evaluated at least once.
    wait_until(lambda: all(rule["health"] != "unknown" for rule in rules()), "the rules")
    written = re.findall(r"(?m)^ +- alert: (\w+)", (MONITORING / "latchkey.rules.yml").read_text())
    assert [rule["name"] for rule in rules()] == written and len(written) == 10
    assert {rule["health"] for rule in rules()} == {"ok"}
    assert not [rule["name"] for rule in rules() if rule["state"] == "firing"]


EXPRESSIONS = [
    target["expr"]
    for panel in json.loads((MONITORING / "grafana-dashboard.json").read_text())["panels"]
    for target in panel["targets"]
] + re.findall(r"(?m)^\| [^|]+ \| `(.+)` \|$", (MONITORING / "README.md").read_text())


def test_every_expression_of_the_dashboard_and_the_page_is_understood(prometheus):
    assert len(EXPRESSIONS) > 15
    for expression in EXPRESSIONS:
        # Variables of Grafana, as it fills them in.
        filled = re.sub(r"\$__(rate_)?interval", "1m", expression)
        filled = re.sub(r"\$\{?\w+\}?", ".*", filled)
        prometheus.ask("query", query=filled)


def test_promtool_finds_nothing_in_what_the_service_says(client):
    text = client.get("/metrics").expect(200).text
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=text, capture_output=True, text=True, timeout=60, check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done
