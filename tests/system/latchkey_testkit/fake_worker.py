# SPDX-License-Identifier: Apache-2.0
"""What nginx takes for the workers of a pool: answers every FastCGI request with `{}`, and notes on which
connection it came. Its connections can be made to end, as those of a worker that leaves."""

import contextlib
import struct
import threading
from dataclasses import dataclass

from .listener import Listener, at_path

BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
ANSWER = b"Status: 200 OK\r\nContent-Type: application/json\r\n\r\n{}"


@dataclass(frozen=True)
class Arrival:
    connection: int
    parameters: dict
    was_answered: bool

    @property
    def method(self):
        return self.parameters["REQUEST_METHOD"]


class FakeWorkers(Listener):
    """`held` answers wait until release(); connections up to number `ended` are closed as soon as a
    request arrives on them, and without an answer. lose_answers(): all are, when they would answer."""

    def __init__(self, path):
        self.folder = path.parent
        self.arrivals = []
        self._ended = 0
        self._loses_answers = False
        self._lock = threading.Lock()
        self._may_answer = threading.Event()
        self._may_answer.set()
        super().__init__(at_path(path, 512))

    def hold(self):
        self._may_answer.clear()

    def release(self):
        self._may_answer.set()

    def end_connections(self, up_to):
        """Those that are there, and the next ones up to this number."""
        self._ended = up_to

    def lose_answers(self):
        self._loses_answers = True

    def serve(self, client, number):
        client.settimeout(60)
        with client, contextlib.suppress(OSError), client.makefile("rb") as stream:
            while (parameters := self._read_request(stream)) is not None:
                is_good = number > self._ended
                with self._lock:
                    self.arrivals.append(Arrival(number, parameters, is_good))
                if not is_good:
                    return
                self._may_answer.wait(timeout=30)
                if self._loses_answers:
                    return
                client.sendall(
                    _record(STDOUT, ANSWER) + _record(STDOUT, b"") + _record(END_REQUEST, bytes(8))
                )

    @staticmethod
    def _read_request(stream):
        """Its parameters, or None at the end of the connection."""
        parameters = b""
        while head := stream.read(8):
            kind, length, padding = struct.unpack(">xBxxHBx", head)
            content = stream.read(length)
            stream.read(padding)
            if kind == PARAMS:
                parameters += content
            elif kind == STDIN and not length:
                return _parameters(parameters)
        return None


def _record(kind, content):
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def _parameters(data):
    found, at = {}, 0

    def length():
        nonlocal at
        size = data[at]
        at += 1
        if size >= 128:
            [size] = struct.unpack(">I", bytes([size & 127]) + data[at : at + 3])
            at += 3
        return size

    while at < len(data):
        name_length, value_length = length(), length()
        name = data[at : at + name_length].decode()
        at += name_length
        found[name] = data[at : at + value_length].decode()
        at += value_length
    return found
