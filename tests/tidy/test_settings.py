# SPDX-License-Identifier: Apache-2.0
"""The rows of settings, docs/latchkey.env.example and the documentation name the same settings."""

import re
import subprocess

# Words in capitals that the documentation uses and that are no setting of the program.
MAKE_VARIABLES = {"STATE_DIR", "HTTPS_PORT", "HTTP_PORT", "API_WORKERS", "HASH_WORKERS"}


def test_env_example_is_what_the_program_prints(root, latchkey):
    run = subprocess.run([latchkey, "config", "--env-example"], check=True, capture_output=True, text=True)
    example = root / "docs" / "latchkey.env.example"
    assert example.exists(), "write it with `latchkey config --env-example`"
    assert example.read_text(encoding="utf-8") == run.stdout, "write it again with `latchkey config --env-example`"


def test_env_example_names_every_setting_once(contract, latchkey):
    run = subprocess.run([latchkey, "config", "--env-example"], check=True, capture_output=True, text=True)
    named = re.findall(r"^#?\s?([A-Z][A-Z0-9_]*)=", run.stdout, re.M)
    assert sorted(named) == sorted(contract["settings"])


def words_in_capitals(text):
    """Words with an underscore that stand in `code`; blocks of code are not prose."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    return {word for code in re.findall(r"`([^`\n]+)`", prose)
            for word in re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", code)}


def test_documentation_names_no_setting_that_does_not_exist(root, contract):
    known = set(contract["settings"]) | {row["code"] for row in contract["errors"]} | MAKE_VARIABLES
    pages = [root / "README.md", *sorted((root / "docs").glob("*.md")), root / "openapi" / "openapi.yaml"]
    faults = [f"{page.relative_to(root)}: {word}" for page in pages
              for word in sorted(words_in_capitals(page.read_text(encoding="utf-8")) - known)]
    assert not faults, "no such setting (or error code):\n" + "\n".join(faults)


def test_words_are_found_in_code_only():
    text = "`WORKER_TIMEOUT` and NOT_THIS and `X=1 LOG_LEVEL` and `POST`\n```\n`IN_A_BLOCK`\n```\n"
    assert words_in_capitals(text) == {"WORKER_TIMEOUT", "LOG_LEVEL"}


def test_nginx_has_the_defaults_of_the_program(root, latchkey):
    """nginx/render reads the same environment without asking the program."""
    run = subprocess.run([latchkey, "config", "--env-example"], check=True, capture_output=True, text=True)
    of_the_program = dict(re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", run.stdout, re.M))
    of_nginx = dict(re.findall(r'"\$\{([A-Z][A-Z0-9_]*)-([^}]*)\}"', (root / "nginx" / "render").read_text()))
    assert len(of_nginx) >= 6
    assert of_nginx == {name: of_the_program[name] for name in of_nginx}
