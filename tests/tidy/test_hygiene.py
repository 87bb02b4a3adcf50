# SPDX-License-Identifier: Apache-2.0
"""Nothing is in the repository that does not belong there, and the rules for that work."""

import pytest

import hygiene


def is_vector(name):
    """Vectors of third parties are kept as they came."""
    return name.startswith("tests/vectors/")


def faults_of(tracked, root, rule):
    faults = []
    for path in tracked:
        name = path.relative_to(root).as_posix()
        if not is_vector(name):
            faults += [f"{name}: {fault}" for fault in rule(path, name)]
    return faults


def test_no_build_output(tracked, root):
    faults = faults_of(tracked, root, hygiene.build_output)
    assert not faults, "\n".join(faults)


def test_no_registry_and_no_path_of_one_machine(tracked, root):
    faults = faults_of(tracked, root, lambda path, _: hygiene.content(path))
    assert not faults, "\n".join(faults)


def test_licence_length_and_line_ends(tracked, root):
    faults = faults_of(tracked, root, lambda path, _: hygiene.form(path))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "name, data, rule, message",
    [
        ("a.o", b"", hygiene.build_output, "is made by a build"),
        ("build/a.txt", b"", hygiene.build_output, "is made by a build"),
        ("program", b"\x7fELF\2", hygiene.build_output, "is a compiled program"),
        ("a.md", b"see registry" + b".npmjs.org/x", hygiene.content, "line 1 names registry"),
        ("a.md", b"\ncd /" + b"home/ada/latchkey", hygiene.content, "line 2 names /"),
        ("package-lock.json", b'{"resolved": ""}', hygiene.content, "names where packages were fetched"),
        ("a.cpp", b"int x;\n", hygiene.form, "does not begin with"),
        ("a.sql", b"\n\n\n-- SPDX-License-Identifier: Apache-2.0\n", hygiene.form, "among its first three"),
        ("a.py", b"# SPDX-License-Identifier: Apache-2.0\n" + b"\n" * 400, hygiene.form, "has 401 lines"),
        ("a.py", b"# SPDX-License-Identifier: Apache-2.0", hygiene.form, "does not end with a line end"),
        ("a.py", b"# SPDX-License-Identifier: Apache-2.0\nx = 1 \n", hygiene.form, "line 2 ends with white space"),
        ("script", b"#!/bin/sh\n", hygiene.form, "among its first three"),
    ],
)
def test_rules_find_what_they_are_for(tmp_path, name, data, rule, message):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    faults = list(rule(path, name) if rule is hygiene.build_output else rule(path))
    assert any(message in fault for fault in faults), faults


def test_rules_leave_in_peace_what_is_in_order(tmp_path):
    path = tmp_path / "a.cpp"
    path.write_text("// SPDX-License-Identifier: Apache-2.0\nauto f = g / work / h;  // /usr/share, /run/latchkey\n")
    assert not list(hygiene.form(path)) + list(hygiene.content(path)) + list(hygiene.build_output(path, "a.cpp"))


def test_every_migration_is_complete(root):
    sql = root / "sql"
    plan = (sql / "sqitch.plan").read_text(encoding="utf-8")
    changes = [line.split()[0] for line in plan.splitlines() if line.strip() and line[0] not in "%#@"]
    assert changes
    for folder in ("deploy", "revert", "verify"):
        scripts = {path.stem for path in (sql / folder).glob("*.sql")}
        assert scripts == set(changes), f"sql/{folder}/ and sql/sqitch.plan do not have the same changes"
