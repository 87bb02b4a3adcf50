# SPDX-License-Identifier: Apache-2.0
"""Router, openapi.yaml and docs/api.md say the same: paths, methods, guards, statuses, error codes.

The router's side is printed by print_contract from the tables that the program runs on.
"""

import re

import pytest

import api_page
import openapi_file


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def operations(api):
    return {(operation.method, operation.path): operation for operation in openapi_file.operations(api)}


@pytest.fixture(scope="module")
def routes(contract):
    """The router's rows. HEAD, OPTIONS and the paths under /api/v1 follow from them."""
    found = {}
    for route in contract["routes"]:
        if route["method"] in ("HEAD", "OPTIONS") or route["path"].startswith("/api/v1"):
            continue
        key = route["method"], re.sub(r":(\w+)", r"{\1}", route["path"])
        assert key not in found, f"the router has {key} twice"
        found[key] = route
    return found


def difference(here, ours, there, theirs):
    """Both directions of a comparison, as sentences."""
    return [f"only in {here}: {item}" for item in sorted(ours - theirs)] + [
        f"only in {there}: {item}" for item in sorted(theirs - ours)]


def test_router_and_openapi_have_the_same_operations(routes, operations):
    faults = difference("the router", set(routes), "openapi.yaml", set(operations))
    assert not faults, "\n".join(faults)


def test_router_and_openapi_guard_the_same_operations(routes, operations):
    faults = [f"{key}: guard {route['guard']!r} in the router, security {operations[key].guarded} in openapi.yaml"
              for key, route in routes.items()
              if key in operations and ("bearer" in route["guard"].lower()) != operations[key].guarded]
    assert not faults, "\n".join(faults)


def test_router_and_openapi_have_the_same_error_codes_for_each_operation(routes, operations):
    faults = []
    for key in sorted(set(routes) & set(operations)):
        documented = {code for _, code in operations[key].errors}
        answered = set(routes[key]["errors"])
        # The worker may notice by itself what nginx usually notices first, hence one set each way.
        undocumented = answered - documented
        unanswered = documented - operations[key].from_nginx - answered
        faults += [f"{key}: {code} is in the router and not in openapi.yaml" for code in sorted(undocumented)]
        faults += [f"{key}: {code} is in openapi.yaml and not in the router" for code in sorted(unanswered)]
    assert not faults, "\n".join(faults)


def test_program_openapi_and_page_have_the_same_statuses(contract, api, page):
    program = {(row["status"], row["code"]) for row in contract["errors"]}
    document = {(row["status"], code) for code, row in api["x-error-codes"].items()}
    faults = difference("the program", program, "openapi.yaml", document)
    faults += difference("docs/api.md", set(api_page.statuses(page)), "openapi.yaml", document)
    assert not faults, "\n".join(faults)


def test_page_and_openapi_have_the_same_operations(page, operations):
    anywhere = api_page.codes_of_any_request(page)
    faults = []
    documented = api_page.operations(page)
    faults += difference("docs/api.md", set(documented), "openapi.yaml", set(operations))
    for key in sorted(set(documented) & set(operations)):
        guarded, success, own = documented[key]
        operation = operations[key]
        if guarded != operation.guarded:
            faults.append(f"{key}: docs/api.md and openapi.yaml differ in whether a token is needed")
        if success != operation.success:
            faults.append(f"{key}: {success} in docs/api.md, {operation.success} in openapi.yaml")
        codes = {code for _, code in operation.errors}
        faults += [f"{key}: {line}" for line in difference("docs/api.md", own | anywhere, "openapi.yaml", codes)]
    assert not faults, "\n".join(faults)


def test_page_lists_a_code_once(page):
    codes = [code for _, code in api_page.statuses(page)]
    assert len(codes) == len(set(codes))


def test_comparison_finds_what_is_on_one_side_only():
    assert difference("a", {1, 2}, "b", {2, 3}) == ["only in a: 1", "only in b: 3"]
