# SPDX-License-Identifier: Apache-2.0
"""`make reset`: all that a copy makes goes, and nothing else."""

import os
import subprocess

from latchkey_testkit.service import ROOT

MADE = ("keys/1-ES256.pem", "latchkey.env", "log/worker.log", "nginx/nginx.conf", "pgpass", "tls/key.pem")


def reset(folder):
    subprocess.run(
        ["make", "--no-print-directory", "-C", str(ROOT), "reset"],
        env={**os.environ, "STATE_DIR": str(folder)},
        check=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


def make_files(folder, names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")


def test_nothing_is_left_of_a_copy(tmp_path):
    folder = tmp_path / "copy"
    make_files(folder, MADE)
    reset(folder)
    assert not folder.exists()


def test_what_is_somebody_elses_stays(tmp_path):
    make_files(tmp_path, (*MADE, "letters/letter.txt"))
    reset(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]
