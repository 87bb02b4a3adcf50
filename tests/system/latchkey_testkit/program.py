# SPDX-License-Identifier: Apache-2.0
"""The commands of administrators, called as an operator calls them: `latchkey COMMAND --config` with
the settings of a copy. Whatever they print is searched for every secret that is known so far."""

import os
import pty
import pwd
import select
import shutil
import subprocess
import time

from . import secrecy
from .service import BINARY

TIMEOUT_S = 120


def command(service, *words):
    """The words of a command line; options of the copy stand behind the name of the command."""
    return [str(BINARY), *words, "--config", str(service.state_dir / "latchkey.env")]


def environment(settings):
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **settings}


def run(service, *words, stdin=None, settings=None, without_config=False, **options):
    """The finished command; `settings` go before those of the copy."""
    line = command(service, *words)
    done = subprocess.run(
        line[:-2] if without_config else line,
        env=environment({**service.settings, **(settings or {})}),
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        text=not isinstance(stdin, bytes),
        timeout=TIMEOUT_S,
        check=False,
        **options,
    )
    secrecy.assert_absent(done.stdout, done.stderr)
    return done


def run_bare(*words, stdin=None):
    """The same without a copy of the service: for commands that need none."""
    done = subprocess.run(
        [str(BINARY), *words],
        env=environment({}),
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    secrecy.assert_absent(done.stdout, done.stderr)
    return done


def as_nobody(open_folder):
    """Options of subprocess.run for a user without rights, with a copy of the program: the sources
    may be where only their owner may enter."""
    nobody = pwd.getpwnam("nobody")
    return {
        "executable": shutil.copy(BINARY, open_folder),
        "user": nobody.pw_uid,
        "group": nobody.pw_gid,
        "extra_groups": [],
    }


def start(service, *words):
    return subprocess.Popen(
        command(service, *words),
        env=environment(service.settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def on_terminal(service, *words, answers=()):
    """On a terminal of its own: types each answer when its question (a text) has been shown. Gives the
    exit status and all that was on the screen."""
    pid, terminal = pty.fork()
    if pid == 0:
        line = command(service, *words)
        os.execve(line[0], line, environment(service.settings))
    screen = b""
    pending = list(answers)
    seen = 0
    deadline = time.monotonic() + TIMEOUT_S
    try:
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                got = os.read(terminal, 4096)
            except OSError:  # EIO: the program has closed the terminal
                break
            if not got:
                break
            screen += got
            if pending and pending[0][0].encode() in screen[seen:]:
                seen = len(screen)
                os.write(terminal, pending.pop(0)[1].encode() + b"\n")
    finally:
        os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert not pending, f"never asked: {pending[0][0]!r}; the screen was {screen!r}"
    text = screen.decode()
    secrecy.assert_absent(text)
    return os.waitstatus_to_exitcode(status), text
