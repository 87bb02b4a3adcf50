# SPDX-License-Identifier: Apache-2.0
"""The manual pages and the completion for bash say what the program says of itself, and troff has no complaint."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "man"))
import usage  # noqa: E402

PAGES = {"latchkey.1", "latchkey.env.5", "latchkey.7", "latchkey-nginx.8"}


@pytest.fixture(scope="module")
def manual(root, latchkey, tmp_path_factory):
    out = tmp_path_factory.mktemp("manual")
    subprocess.run([root / "man" / "build", latchkey, out], check=True)
    return out


@pytest.fixture(scope="module")
def commands(latchkey):
    return usage.commands(usage.say(latchkey, "--help"))


def man(page, *options):
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "200", "MAN_KEEP_FORMATTING": ""}
    return subprocess.run(["man", "--warnings", *options, "-l", page], env=environment, check=True, capture_output=True,
                          text=True)


def test_every_page_is_there(manual):
    assert {path.name for path in manual.iterdir()} == PAGES | {"latchkey.bash-completion"}


@pytest.mark.parametrize("page", sorted(PAGES))
def test_troff_has_no_complaint(manual, page):
    assert man(manual / page, "-Tutf8", "-Z").stderr == ""
    text = (manual / page).read_text(encoding="utf-8")
    assert not re.findall(r"@[A-Z]+@", text), "a placeholder that man/build does not know"


def test_latchkey_env_5_has_every_setting_and_its_help(manual, contract, latchkey):
    text = (manual / "latchkey.env.5").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\.It Ev (\S+)$", text, re.M)) == sorted(contract["settings"])
    rendered = re.sub(r"\s+", " ", man(manual / "latchkey.env.5").stdout)
    for setting in usage.settings(usage.say(latchkey, "config", "--list")):
        for words in (setting.text, setting.allowed):
            assert re.sub(r"\s+", " ", words).strip() in rendered


def test_latchkey_1_has_every_command_and_option(manual, commands):
    rendered = re.sub(r"\s+", " ", man(manual / "latchkey.1").stdout)
    for command in commands:
        for line in command.synopsis:
            assert f"latchkey {line}" in rendered
        for option in command.options:
            assert option.text[1:] in rendered, f"{command.name} {option.name}"
        for verb in command.verbs:
            assert verb.text and f"{verb.synopsis} {' '.join(verb.text)[:1].upper()}" in rendered


def test_verbs_stand_one_below_the_other(manual, commands):
    lines = [line.strip() for line in man(manual / "latchkey.1").stdout.splitlines()]
    verbs = {command.name: [verb.name for verb in command.verbs] for command in commands if command.verbs}
    assert set(verbs) == {"user", "keys"} and len(verbs["user"]) == 10
    for command in commands:
        for verb in command.verbs:
            assert verb.synopsis in lines


def completed(script, *words):
    """What the completion offers behind these words."""
    lines = ["source \"$1\"", "shift", "COMP_WORDS=(latchkey \"$@\")", "COMP_CWORD=$(($# ))", "_latchkey",
             "printf '%s\\n' \"${COMPREPLY[@]}\""]
    run = subprocess.run(["bash", "-euc", "\n".join(lines), "bash", script, *words], check=True, capture_output=True,
                         text=True)
    return set(run.stdout.split())


def test_completion_offers_the_commands_and_their_options(manual, commands):
    script = manual / "latchkey.bash-completion"
    assert completed(script, "") == {command.name for command in commands} | {"--help", "--version"}
    assert completed(script, "ver") == {"version"}
    for command in commands:
        assert completed(script, command.name, "") == {*command.words(), "--help"}
        assert completed(script, command.name, "--he") == {"--help"}


def test_completion_offers_files_where_a_file_is_meant(manual, tmp_path):
    (tmp_path / "latchkey.env").touch()
    script = manual / "latchkey.bash-completion"
    assert completed(script, "status", "--config", f"{tmp_path}/la") == {f"{tmp_path}/latchkey.env"}
    assert completed(script, "worker", "api", "--slot", "") == set()


def test_help_is_read_as_it_is_written():
    text = """Latchkey: something.

  latchkey tend [--config FILE] [--all]
    Tends to things,
    one by one.
      feed THING [--slowly]
          gives it something,
          and waits
    Options:
      --config FILE  read FILE
      --all          really all,
                     without asking
  latchkey rest
"""
    tend, rest = usage.commands(text)
    assert (tend.name, tend.synopsis, tend.text) == ("tend", ["tend [--config FILE] [--all]"], ["Tends to things,", "one by one."])
    assert [(verb.name, verb.synopsis, verb.text) for verb in tend.verbs] == [
        ("feed", "feed THING [--slowly]", ["gives it something,", "and waits"])]
    assert set(tend.words()) == {"--config", "--all", "feed", "--slowly"}
    assert [(option.name, option.value, option.text) for option in tend.options] == [
        ("--config", "FILE", "read FILE"), ("--all", "", "really all, without asking")]
    assert (rest.name, rest.options, rest.words()) == ("rest", [], {})
