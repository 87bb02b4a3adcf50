# SPDX-License-Identifier: Apache-2.0
"""openapi.yaml is clean for both linters, consistent in itself, and every body has an example that fits its schema."""

import importlib.machinery
import importlib.util
import re
import subprocess

import jsonschema
import pytest

import openapi_file


def lint(root, *arguments):
    # The linters are kept beside the build, so only the first run fetches them.
    return subprocess.run([root / "openapi" / "lint" / "run", root / "build" / "openapi-lint", *arguments],
                          capture_output=True, text=True, check=False)


def test_both_linters_find_nothing(root):
    run = lint(root)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    "old, new, rule",
    [
        # One of Spectral's and one of Redocly's.
        ("      summary: The process lives\n      description: Never asks the database, so it stays up without it.\n",
         "      summary: The process lives\n", "operation-description"),
        ("license: { name: Apache License 2.0, identifier: Apache-2.0 }", "license: { name: Apache License 2.0 }",
         "info-license-strict"),
    ],
)
def test_a_warning_of_a_linter_fails(root, tmp_path, old, new, rule):
    text = (root / "openapi" / "openapi.yaml").read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "openapi.yaml"
    broken.write_text(text.replace(old, new), encoding="utf-8")
    run = lint(root, broken)
    assert run.returncode != 0
    assert rule in run.stdout


def test_every_body_has_an_example_that_fits(api):
    faults = []
    for where, media in openapi_file.bodies(api):
        checker = jsonschema.Draft202012Validator(media["schema"], format_checker=jsonschema.FormatChecker())
        examples = media.get("examples", {})
        if not examples:
            faults.append(f"{where} has no example")
        for name, example in examples.items():
            faults += [f"{where}, example {name}: {error.json_path}: {error.message}"
                       for error in checker.iter_errors(example["value"])]
    assert not faults, "\n".join(faults)


def test_every_error_response_is_made_of_listed_codes(api):
    table = api["x-error-codes"]
    faults, used = [], set()
    for path, item in api["paths"].items():
        for method in openapi_file.METHODS:
            for status, response in item.get(method, {}).get("responses", {}).items():
                if int(status) < 400:
                    continue
                where = f"{method.upper()} {path} {status}"
                codes = openapi_file.problem_codes(response)
                from_nginx = response.get("x-from-nginx", [])
                used |= set(codes)
                examples = response["content"]["application/problem+json"]["examples"]
                if set(examples) != set(codes):
                    faults.append(f"{where} has examples of {sorted(examples)}, not of {sorted(codes)}")
                for code in codes:
                    value = examples.get(code, {}).get("value", {})
                    if table[code]["status"] != int(status):
                        faults.append(f"{where} has {code}, whose status is {table[code]['status']}")
                    if (value.get("status"), value.get("error_code")) != (int(status), code):
                        faults.append(f"{where}: the example of {code} is one of something else")
                    if value.get("type") != f"/docs/errors#{code}":
                        faults.append(f"{where}: the example of {code} has type {value.get('type')}")
                    if ("nginx" if code in from_nginx else "worker") not in table[code]["from"]:
                        faults.append(f"{where}: {code} is not answered by the one that x-from-nginx says")
    assert not faults, "\n".join(faults)
    # 405 is what the methods get that a path does not have, so no operation can list it.
    assert set(table) - used == {"METHOD_NOT_ALLOWED"}


def test_statuses_that_promise_a_header_name_it(api):
    promised = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}
    faults = []
    for path, item in api["paths"].items():
        for method in openapi_file.METHODS:
            for status, response in item.get(method, {}).get("responses", {}).items():
                wanted = {"X-Request-ID", promised.get(int(status), "X-Request-ID")}
                for kind, media in response.get("content", {}).items():
                    if "access_token" in media["schema"].get("properties", {}):
                        wanted.add("Cache-Control")
                faults += [f"{method.upper()} {path} {status} names no {header}"
                           for header in sorted(wanted - set(response["headers"]))]
    assert not faults, "\n".join(faults)


def test_error_page_explains_every_code(root, api):
    loader = importlib.machinery.SourceFileLoader("openapi_build", str(root / "openapi" / "build"))
    loader.path, module = str(root / "openapi" / "build"), importlib.util.module_from_spec(
        importlib.util.spec_from_loader("openapi_build", loader))
    loader.exec_module(module)
    text = "".join(module.errors_as_html(api))
    assert re.findall(r'<section id="(\w+)">', text) == sorted(
        api["x-error-codes"], key=lambda code: api["x-error-codes"][code]["status"])


def test_pages_run_no_inline_script_and_load_nothing_from_elsewhere(root):
    pages = sorted((root / "nginx" / "pages").rglob("*.html"))
    assert len(pages) == 3
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), f"{page.name}: put the script into a file of its own"
        assert not re.search(r"\son\w+=", text), f"{page.name}: put the handler into a file of its own"
        assert not re.search(r"""(src|href)=["'](?!/|data:,|#)""", text), f"{page.name}: load only from this service"
        assert not re.search(r"""(src|href)=["']//""", text), f"{page.name}: load only from this service"
