# SPDX-License-Identifier: Apache-2.0
"""What nginx's configuration repeats of the program's tables is the same there."""

import re

import pytest


@pytest.fixture(scope="module")
def http_conf(root):
    return (root / "nginx" / "latchkey-http.conf.in").read_text(encoding="utf-8")


def map_rows(text, variable):
    """[(key, value)] of the map block that sets the variable."""
    block = re.search(r"map [^{]+ \$" + variable + r" \{\n(.*?)\n\}", text, re.S).group(1)
    lines = [line.strip() for line in block.splitlines() if line.strip() and not line.strip().startswith("#")]
    return [re.fullmatch(r'("[^"]*"|\S+)\s+(.*);', line).groups() for line in lines]


def test_requests_that_nginx_sends_to_the_hash_pool_are_those_of_the_router(contract, http_conf):
    router = {f"{route['method']} {prefix}{route['path']}" for route in contract["routes"] if route["pool"] == "hash"
              for prefix in ("", "/api/v1") if not route["path"].startswith("/api/v1")}
    nginx = {key.strip('"') for key, _ in map_rows(http_conf, "latchkey_hash_work")} - {"default"}
    assert nginx == router, "$latchkey_hash_work in nginx/latchkey-http.conf.in and the table of routes differ"


def test_error_codes_of_nginx_are_those_of_the_contract(api, http_conf):
    table = api["x-error-codes"]
    codes = {code: int(status) for status, code in map_rows(http_conf, "latchkey_problem_code") if status != "default"}
    assert {code: table[code]["status"] for code in codes} == codes
    default = dict(map_rows(http_conf, "latchkey_problem_code"))["default"]
    by_nginx = {code for code, row in table.items() if "nginx" in row["from"]}
    assert by_nginx <= set(codes) | {default}, "x-error-codes says of these that nginx answers them"


def test_titles_of_nginx_are_those_of_the_contract(api, http_conf):
    titles = {example["value"]["status"]: example["value"]["title"]
              for example in api["components"]["examples"].values() if "error_code" in example["value"]}
    rows = [(status, title.strip('"')) for status, title in map_rows(http_conf, "latchkey_problem_title")]
    assert {status: titles.get(int(status), title) for status, title in rows if status != "default"} == {
        status: title for status, title in rows if status != "default"}
