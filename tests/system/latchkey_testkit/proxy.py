# SPDX-License-Identifier: Apache-2.0
"""Between the workers and PostgreSQL: a UNIX socket that passes everything on, until it is told to
spoil the next call of one function."""

import contextlib
import selectors
import socket
import threading
from pathlib import Path

from .listener import Listener, at_path

SOCKET_NAME = ".s.PGSQL.5432"

# What becomes of the call, named by what the worker and the server see of it.
LOSE_REQUEST = "the request is not passed on, and both ends are closed"
LOSE_ANSWER = "the server answers; the answer is thrown away, and both ends are closed"
CUT_ANSWER = "half of the answer is passed on, and then nothing"


class Proxy(Listener):
    """`folder` is the host to connect to, `server_folder` where PostgreSQL listens."""

    def __init__(self, folder, server_folder):
        self._server = str(Path(server_folder) / SOCKET_NAME)
        self._faults = []
        self._lock = threading.Lock()
        self._path = Path(folder) / SOCKET_NAME
        super().__init__(at_path(self._path, 64))

    def spoil(self, function, fault):
        """The next call of the function, prepared or not, meets the fault."""
        with self._lock:
            self._faults.append((function.encode(), fault))

    def close(self):
        super().close()
        self._path.unlink()

    def _fault_of(self, request):
        with self._lock:
            for index, (function, fault) in enumerate(self._faults):
                if function in request:
                    del self._faults[index]
                    return fault
        return None

    def serve(self, client, _):
        server = socket.socket(socket.AF_UNIX)
        with client, server, contextlib.suppress(OSError), selectors.DefaultSelector() as ready:
            server.connect(self._server)
            ready.register(client, selectors.EVENT_READ)
            ready.register(server, selectors.EVENT_READ)
            fault = None
            while True:
                for key, _ in ready.select():
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    if key.fileobj is client:
                        # Preparing a statement (P) names the function too, and is no call of it.
                        if data[:1] != b"P" or b"B\0\0" in data:
                            fault = fault or self._fault_of(data)
                        if fault == LOSE_REQUEST:
                            return
                        server.sendall(data)
                    elif fault == LOSE_ANSWER:
                        return
                    elif fault == CUT_ANSWER:
                        client.sendall(data[: len(data) // 2])
                        ready.unregister(server)  # from now on only the client's end matters
                    else:
                        client.sendall(data)
