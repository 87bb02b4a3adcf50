# SPDX-License-Identifier: Apache-2.0
"""openapi.yaml as plain tables."""

from dataclasses import dataclass

import yaml

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    guarded: bool
    success: int
    # (status, code) of every error, and the codes that the worker itself never answers here.
    errors: frozenset
    from_nginx: frozenset


def load(path):
    """The document with every $ref replaced by what it names; no schema here contains itself."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return resolve(document, document)


def resolve(node, document):
    if isinstance(node, list):
        return [resolve(item, document) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return resolve(target, document)
    return {key: resolve(value, document) for key, value in node.items()}


def problem_codes(response):
    """The values of error_code that a resolved error response can have."""
    schema = response["content"]["application/problem+json"]["schema"]
    return schema["allOf"][1]["properties"]["error_code"]["enum"]


def operations(api):
    for path, item in api["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            responses = {int(status): response for status, response in operation["responses"].items()}
            success = [status for status in responses if status < 300]
            assert len(success) == 1, f"{method} {path} has {success} as statuses of success"
            failures = {status: response for status, response in responses.items() if status >= 400}
            yield Operation(
                method.upper(), path, bool(operation["security"]), success[0],
                frozenset((status, code) for status, response in failures.items() for code in problem_codes(response)),
                frozenset(code for response in failures.values() for code in response.get("x-from-nginx", [])))


def bodies(api):
    """(where, media type object) of every body in the document."""
    for path, item in api["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            for kind, media in item[method].get("requestBody", {}).get("content", {}).items():
                yield f"{method.upper()} {path} {kind}", media
            for status, response in item[method]["responses"].items():
                for kind, media in response.get("content", {}).items():
                    yield f"{method.upper()} {path} {status} {kind}", media
