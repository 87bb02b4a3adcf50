# SPDX-License-Identifier: Apache-2.0
"""What the program calls, what `latchkey doctor` looks for, and what latchkey_app is granted are one list."""

import re

SIGNATURE = re.compile(r"(?m)^\s+[\"'(]+([a-z_]+\([a-z,]*\))[\"')]+[,;]")


def required(root):
    return listed(root, "kRequiredFunctions")


def former(root):
    """What older programs call, which may run beside this one."""
    return listed(root, "kFormerFunctions")


def listed(root, table):
    text = (root / "worker/db/required_functions.h").read_text(encoding="utf-8")
    begin = text.index(table)
    return SIGNATURE.findall(text[begin : text.index("});", begin)])


def granted(root):
    text = (root / "tests/sql/grants.sql").read_text(encoding="utf-8")
    return SIGNATURE.findall(text[text.index("INSERT INTO interface"):text.index("CREATE TEMPORARY TABLE admin_interface")])


def calls(root):
    """Each function that a statement of db/ calls, with the number of its arguments."""
    called = {}
    administrators = re.compile("admin_|purge_")  # of another role, and not of the workers
    for path in sorted((root / "worker/db").glob("*.cpp")):
        for name, arguments in re.findall(r"\blatchkey\.(\w+)\(([$\d, ]*)\)", path.read_text(encoding="utf-8")):
            if not administrators.match(name):
                called[name] = len(re.findall(r"\$\d+", arguments))
    return called


def test_the_program_requires_what_its_role_is_granted(root):
    assert len(required(root)) == len(set(required(root))) > 15
    both = required(root) + former(root)
    assert sorted(both) == sorted(granted(root)), "worker/db/required_functions.h and tests/sql/grants.sql differ"


def test_the_program_requires_what_it_calls(root):
    arguments = {signature.partition("(")[0]: len(re.findall(r"\w+", signature.partition("(")[2]))
                 for signature in required(root)}
    assert calls(root) == arguments
    assert not set(former(root)) & set(required(root))


def test_a_signature_is_found_in_both_forms():
    assert SIGNATURE.findall('    "a_b(text,uuid)",\n    "c()",\n') == ["a_b(text,uuid)", "c()"]
    assert SIGNATURE.findall("  ('a_b(text,uuid)'),\n  ('c()');\n") == ["a_b(text,uuid)", "c()"]
