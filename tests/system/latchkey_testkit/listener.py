# SPDX-License-Identifier: Apache-2.0
"""A socket that somebody listens on in the process of the test, with a thread for each connection."""

import contextlib
import socket
import threading

END_S = 30


class Listener:
    """Whoever inherits serves each client in serve(), until it has gone or close() ends the wait for it."""

    def __init__(self, listening):
        self._listening = listening
        self.opened = 0
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def serve(self, client, number):
        """On a thread of its own; `number` counts connections from 1."""
        raise NotImplementedError

    def close(self):
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(timeout=END_S)
            assert not thread.is_alive()

    def _accept(self):
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self.opened += 1
            thread = threading.Thread(target=self.serve, args=(client, self.opened))
            self._threads.append(thread)
            thread.start()


def at_path(path, backlog):
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen(backlog)
    return listening
