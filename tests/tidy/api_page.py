# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/api.md."""

import re


def rows(text, first_column):
    """The rows, as lists of cells, of the table whose header begins with the given word."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first_column} |"))
    for line in lines[start + 2:]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def codes_in(text):
    return re.findall(r"`([A-Z]+(?:_[A-Z]+)*)`", text)


def operations(text):
    """{(method, path): (guarded, status of success, own error codes)}"""
    found = {}
    for request, needs, answer, errors in rows(text.split("## Endpoints")[1], "request"):
        method, path = re.fullmatch(r"`(\w+) (\S+)`", request).groups()
        assert (method, path) not in found, f"docs/api.md has {method} {path} twice"
        found[method, path] = (needs == "Bearer", int(re.search(r"\b\d{3}\b", answer).group()), set(codes_in(errors)))
    return found


def codes_of_any_request(text):
    paragraph = re.search(r"^Any request can get (.*?)\. ", text, re.S | re.M).group(1)
    return set(codes_in(paragraph))


def statuses(text):
    """[(status, code)] of the table of errors."""
    return [(int(status), *codes_in(code)) for status, code, _ in rows(text.split("## Errors")[1], "status")]
