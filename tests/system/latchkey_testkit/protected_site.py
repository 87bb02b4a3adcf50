# SPDX-License-Identifier: Apache-2.0
"""An application behind an nginx of its own and Latchkey's two snippets."""

import contextlib
import http.client
import http.server
import json
import os
import signal
import subprocess
import threading

from . import processes
from .service import free_ports
from .waiting import wait_until

SITE = """
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/tmp;
    proxy_temp_path {folder}/tmp;
    fastcgi_temp_path {folder}/tmp;
    uwsgi_temp_path {folder}/tmp;
    scgi_temp_path {folder}/tmp;
    server {{
        listen 127.0.0.1:{port};
        set $latchkey_check "";
        include {snippets}/latchkey-verify.conf;
        location /app/ {{
            include {snippets}/latchkey-protect.conf;
            proxy_pass http://127.0.0.1:{app_port};
        }}
        location /files/ {{
            include {snippets}/latchkey-protect.conf;
            root {folder};
        }}
        location /open/ {{
            root {folder};
        }}
    }}
    server {{
        listen 127.0.0.1:{strict_port};
        set $latchkey_check check=session;
        include {snippets}/latchkey-verify.conf;
        location / {{
            include {snippets}/latchkey-protect.conf;
            proxy_pass http://127.0.0.1:{app_port};
        }}
    }}
}}
"""


class Application(http.server.BaseHTTPRequestHandler):
    """Answers with the headers and the body that reached it."""

    protocol_version = "HTTP/1.1"

    def _answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen = {"headers": [[n.lower(), v] for n, v in self.headers.items()], "body": body.decode()}
        answer = json.dumps(seen).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_):
        pass


class Site:
    def __init__(self, port, strict_port):
        self.port = port
        self.strict_port = strict_port

    def request(self, path, token=None, method="GET", body=None, headers=None, strict=False):
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.strict_port if strict else self.port, timeout=30
        )
        with contextlib.closing(connection):
            sent = dict(headers or {})
            if token is not None:
                sent["Authorization"] = f"Bearer {token}"
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()

    def seen_by_app(self, token, **options):
        status, _, text = self.request("/app/x", token, **options)
        assert status == 200, text
        return json.loads(text)


@contextlib.contextmanager
def protected_site(service, folder):
    for name in ("files", "open"):
        (folder / name).mkdir()
        (folder / name / "page.txt").write_text(f"the {name} page")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Application)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    port, strict_port = free_ports(2)
    configuration = folder / "nginx.conf"
    configuration.write_text(
        SITE.format(
            user="user root;" if os.getuid() == 0 else "",
            folder=folder,
            snippets=service.state_dir / "nginx",
            port=port,
            strict_port=strict_port,
            app_port=server.server_address[1],
        )
    )
    path = os.environ["PATH"] + ":/usr/sbin"
    command = ["nginx", "-p", str(folder), "-c", str(configuration)]
    subprocess.run(command, env={"PATH": path}, check=True, stdin=subprocess.DEVNULL)
    pid_file = folder / "nginx.pid"
    wait_until(pid_file.exists, "the pid of the site's nginx")
    pid = int(pid_file.read_text())
    try:
        yield Site(port, strict_port)
    finally:
        os.kill(pid, signal.SIGTERM)
        processes.wait_until_gone([pid], "the site's nginx")
        server.shutdown()
        server.server_close()
        thread.join()
