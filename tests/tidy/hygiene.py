# SPDX-License-Identifier: Apache-2.0
"""What may not be in the repository, as functions from files to sentences."""

import re

MAX_LINES = 400
SOURCE_SUFFIXES = {".h", ".cpp", ".c", ".py", ".sh", ".sql", ".cmake", ".conf", ".in", ".js", ".css", ".html", ".service",
                   ".socket", ".target"}
CPP_SUFFIXES = {".h", ".cpp", ".c"}
BUILD_SUFFIXES = {".o", ".a", ".so", ".gch", ".pyc", ".gcda", ".gcno", ".deb", ".log", ".pid", ".sock"}
BUILD_FOLDERS = {"build", "var", "node_modules", "__pycache__", "CMakeFiles", ".pytest_cache", ".cache"}

# Packages come from wherever the machine is configured to take them.
REGISTRIES = re.compile(
    r"registry\.(npmjs|yarnpkg|npmmirror)\.\w+|(files\.)?pythonhosted\.org|pypi\.org|index\.crates\.io|static\.crates\.io|"
    r"proxy\.golang\.org|registry-1\.docker\.io|(deb|security|ftp|snapshot|archive)\.debian\.org|archive\.ubuntu\.com", re.I)
# Folders of one particular machine.
MACHINE_PATHS = re.compile(r"(?<![\w./$}~-])/(work|tmp/lk|home/\w+)/")


def is_source(path):
    """Programs and configuration that people write: by suffix, or a script by its first line."""
    if path.suffix in SOURCE_SUFFIXES or path.name in ("CMakeLists.txt", "Makefile"):
        return True
    if path.suffix:
        return False
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def text_of(path):
    """The text of a file, or None if it is not one."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def build_output(path, name):
    if path.suffix in BUILD_SUFFIXES or BUILD_FOLDERS & set(name.split("/")[:-1]) or path.name == "CMakeCache.txt":
        yield "is made by a build: remove it and name it in .gitignore"
    elif path.read_bytes()[:4] == b"\x7fELF":
        yield "is a compiled program: remove it and name it in .gitignore"


def content(path):
    text = text_of(path)
    if text is None:
        return
    for number, line in enumerate(text.splitlines(), 1):
        registry, machine = REGISTRIES.search(line), MACHINE_PATHS.search(line)
        if registry:
            yield f"line {number} names {registry.group()}: take packages from where the machine is configured to"
        if machine:
            yield f"line {number} names {machine.group()}, a folder of one machine: make it relative or a variable"
    if path.name == "package-lock.json" and '"resolved"' in text:
        yield "names where packages were fetched: write it with `npm install` and openapi/.npmrc in force"


def form(path):
    """Licence line, length, line ends: for what people write."""
    text = text_of(path)
    if text is None or not is_source(path):
        return
    lines = text.splitlines()
    if path.suffix in CPP_SUFFIXES and (not lines or lines[0] != "// SPDX-License-Identifier: Apache-2.0"):
        yield "does not begin with: // SPDX-License-Identifier: Apache-2.0"
    elif not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:3]):
        yield "has no line with SPDX-License-Identifier: Apache-2.0 among its first three"
    if len(lines) > MAX_LINES:
        yield f"has {len(lines)} lines: a file is one idea, and {MAX_LINES} lines are its limit; find the second one"
    if text and not text.endswith("\n"):
        yield "does not end with a line end"
    for number, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip():
            yield f"line {number} ends with white space"
