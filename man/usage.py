# SPDX-License-Identifier: Apache-2.0
"""What `latchkey --help` and `latchkey config --list` say, as data: for the manual pages and the completion."""

import re
import subprocess
from dataclasses import dataclass, field


@dataclass
class Option:
    name: str  # --config
    value: str  # FILE, or empty
    text: str


@dataclass
class Verb:
    synopsis: str  # list [--json]
    text: list = field(default_factory=list)  # lines

    @property
    def name(self):
        return self.synopsis.partition(" ")[0]


@dataclass
class Command:
    name: str
    synopsis: list  # one or more lines, without "latchkey"
    text: list = field(default_factory=list)  # lines
    verbs: list = field(default_factory=list)
    options: list = field(default_factory=list)

    def words(self):
        """Verbs and options, also those options that only a synopsis names."""
        named = {verb.name: "" for verb in self.verbs}
        named |= {option.name: option.value for option in self.options}
        for line in (*self.synopsis, *(verb.synopsis for verb in self.verbs)):
            for name, value in re.findall(r"(--[a-z-]+)(?: ([A-Z]+))?", line):
                named.setdefault(name, value)
        return named


@dataclass
class Setting:
    group: str
    name: str
    text: str
    allowed: str


def say(program, *words):
    return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout


def commands(text):
    """[Command] of the whole help. A command begins at two spaces, its text at four, its verbs and options at six, and
    what is said of a verb at ten."""
    found = []
    for line in text.splitlines():
        command = re.fullmatch(r"  latchkey ([a-z]+)( .*)?", line)
        option = re.fullmatch(r"      (--[a-z-]+)(?: ([A-Z]+))?(?:  +(.*))?", line)
        verb = re.fullmatch(r"      ([a-z].*)", line)
        more = re.fullmatch(r" {7,}(\S.*)", line)
        if command and found and found[-1].name == command[1]:
            found[-1].synopsis.append(command[0].removeprefix("  latchkey "))
        elif command:
            found.append(Command(command[1], [command[0].removeprefix("  latchkey ")]))
        elif option and found:
            found[-1].options.append(Option(option[1], option[2] or "", option[3] or ""))
        elif verb and found:
            found[-1].verbs.append(Verb(verb[1]))
        elif more and found and found[-1].options:
            found[-1].options[-1].text += " " + more[1]
        elif more and found and found[-1].verbs:
            found[-1].verbs[-1].text.append(more[1])
        elif line.startswith("    ") and line != "    Options:" and found:
            found[-1].text.append(line.strip())
    return found


def settings(text):
    """[Setting] of the listing: the group at the margin, the name at two spaces, its text at six."""
    found, group = [], ""
    for line in text.splitlines():
        if not line.strip():
            continue
        if not line.startswith(" "):
            group = line
        elif not line.startswith("   "):
            found.append(Setting(group, line.strip(), "", ""))
        elif found[-1].allowed or line.strip().startswith("Allowed: "):
            found[-1].allowed += " " + line.strip()
        else:
            found[-1].text += " " + line.strip()
    return found
