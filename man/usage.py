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
class Command:
    name: str
    synopsis: list  # one or more lines, without "latchkey"
    text: list = field(default_factory=list)  # lines
    options: list = field(default_factory=list)

    def words(self):
        """The options, also those that only the synopsis names."""
        named = {option.name: option.value for option in self.options}
        for line in self.synopsis:
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
    """[Command] of the whole help. A command begins at two spaces, its text at four, its options at six."""
    found = []
    for line in text.splitlines():
        command = re.fullmatch(r"  latchkey ([a-z]+)( .*)?", line)
        option = re.fullmatch(r"      (--[a-z-]+)(?: ([A-Z]+))?(?:  +(.*))?", line)
        more = re.fullmatch(r" {7,}(\S.*)", line)
        if command and found and found[-1].name == command[1]:
            found[-1].synopsis.append(command[0].removeprefix("  latchkey "))
        elif command:
            found.append(Command(command[1], [command[0].removeprefix("  latchkey ")]))
        elif option and found:
            found[-1].options.append(Option(option[1], option[2] or "", option[3] or ""))
        elif more and found and found[-1].options:
            found[-1].options[-1].text += " " + more[1]
        elif line.startswith("    ") and found:
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
