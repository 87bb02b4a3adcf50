# SPDX-License-Identifier: Apache-2.0
"""The benchmarks. Prints the table of each part as it ends; a run of all parts writes docs/performance.md.

    bench.py [--rounds N] [--seconds S] [--users N] [--only PART]...
"""

import argparse
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))

import against_floor  # noqa: E402
import against_peers  # noqa: E402
import figures  # noqa: E402
import flood  # noqa: E402
import hashing  # noqa: E402
import sizes  # noqa: E402
import steady  # noqa: E402

PARTS = {
    "floor": ("Beside the floor", against_floor.measure),
    "peers": ("Beside other stacks", against_peers.measure),
    "hashing": ("Hashing", hashing.measure),
    "flood": ("In a flood of logins", flood.measure),
    "steady": ("Workers", steady.measure),
    "sizes": ("With the number of users", sizes.measure),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--only", action="append", choices=list(PARTS))
    options = parser.parse_args()

    sections = []
    for part in options.only or PARTS:
        heading, measure = PARTS[part]
        with tempfile.TemporaryDirectory(prefix="latchkey-bench-") as folder_name:
            folder = pathlib.Path(folder_name)
            folder.chmod(0o755)
            found = figures.table(measure(options, folder))
        print(f"\n## {heading}\n\n{found}", flush=True)
        sections.append((heading, found))
    if not options.only:
        figures.write_page(sections, figures.ROOT / "docs/performance.md")


if __name__ == "__main__":
    main()
