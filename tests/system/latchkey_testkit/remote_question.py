# SPDX-License-Identifier: Apache-2.0
"""The question asked over HTTPS: the block that docs/nginx.md prints for another machine, and a server that gives
itself out as Latchkey."""

import contextlib
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .protected_site import documented

NAME = "login.example.com"
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
CERTIFICATE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout other.key -out other.crt"
    " -subj /CN=localhost -addext subjectAltName=DNS:localhost"
)


def remote_question(service, port=None, name="localhost", authority=None, query=""):
    """The documented block, with the address, the name and the authority of the copy."""
    block = documented("proxy_ssl_name")
    changes = {
        f"https://{NAME}/auth/verify": f"https://localhost:{port or service.https_port}/auth/verify{query}",
        f"proxy_ssl_name {NAME}": f"proxy_ssl_name {name}",
        AUTHORITIES: str(authority or service.ca_file),
    }
    for before, after in changes.items():
        assert block.count(before) == 1, before
        block = block.replace(before, after)
    return block


class YesToEverybody(BaseHTTPRequestHandler):
    def do_GET(self):  # noqa: N802
        self.send_response(204)
        self.send_header("X-User-Id", "1")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def impostor(folder):
    """Gives the port and the certificate of a server that lets everybody in."""
    subprocess.run(CERTIFICATE.split(), cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "other.crt", folder / "other.key")
    server = ThreadingHTTPServer(("127.0.0.1", 0), YesToEverybody)
    # The handshake in the thread of the connection: nginx breaks some of them off.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1], folder / "other.crt"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
