# SPDX-License-Identifier: Apache-2.0
"""docs/asvs.md has every requirement of ASVS 5.0.0 at levels 1 and 2 of the chapters that apply, once, and
what it names as proof is there."""

import re

# Of each section, the numbers that are of level 1 or 2 in version 5.0.0 of the standard: from 1 to so many.
SECTIONS = (
    "1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2 4.4:4 "
    "6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 "
    "11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 "
    "15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3"
)
ANSWERS = ("yes", "partly", "no", "n/a", "operator")


def rows(root):
    text = (root / "docs" / "asvs.md").read_text(encoding="utf-8")
    return [line.strip("| ").split("|") for line in text.splitlines() if re.match(r"\| \d", line)]


def test_every_requirement_once(root):
    expected = []
    for section in SECTIONS.split():
        name, count = section.split(":")
        expected += [f"{name}.{number}" for number in range(1, int(count) + 1)]
    assert [row[0].strip() for row in rows(root)] == expected


def test_every_row_has_an_answer_and_its_level(root):
    for number, level, _, answer, *_ in rows(root):
        assert level.strip() in ("1", "2"), number
        assert re.match(rf"({'|'.join(ANSWERS)})\b", answer.strip()), f"{number}: {answer}"


def test_what_is_named_is_there(root):
    for row in rows(root):
        for name in re.findall(r"`([^`]+)`", row[4] if len(row) > 4 else ""):
            assert (root / "tests" / name).exists(), f"{row[0]}: tests/{name} is not there"
