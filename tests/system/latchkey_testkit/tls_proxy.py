# SPDX-License-Identifier: Apache-2.0
"""TLS before PostgreSQL, by somebody who fills its records, the last one above all: a port that ends
TLS and passes on what the server says in pieces as large as there are."""

import contextlib
import select
import socket
import ssl
import struct

from .listener import Listener

SSL_REQUEST = struct.pack("!ii", 8, 80877103)  # PostgreSQL manual, "Message Formats"
GATHER_S = 0.02
PIECE = 1 << 20
RECORD = 1 << 14  # RFC 8446, section 5.1


class TlsProxy(Listener):
    def __init__(self, server_path, certificate, key):
        self._server_path = str(server_path)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        listening = socket.create_server(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        super().__init__(listening)

    def serve(self, plain, _):
        server = socket.socket(socket.AF_UNIX)
        with plain, server, contextlib.suppress(OSError):
            server.connect(self._server_path)
            assert plain.recv(len(SSL_REQUEST), socket.MSG_WAITALL) == SSL_REQUEST
            plain.sendall(b"S")
            with self._context.wrap_socket(plain, server_side=True) as client:
                while True:
                    ready, _, _ = select.select([client, server], [], [])
                    if client in ready:
                        question = client.recv(PIECE)
                        if not question:
                            return
                        server.sendall(question)
                    if server in ready and not self._pass_on(server, client):
                        return

    @staticmethod
    def _pass_on(server, client):
        answer = b""
        while select.select([server], [], [], GATHER_S)[0]:
            piece = server.recv(PIECE)
            if not piece:
                return False
            answer += piece
        short = len(answer) % RECORD
        for part in (answer[:short], answer[short:]):
            if part:
                client.sendall(part)
        return True
