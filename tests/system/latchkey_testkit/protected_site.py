# SPDX-License-Identifier: Apache-2.0
"""An application behind an nginx of its own and Latchkey's snippets for it."""

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import processes
from .fake_worker import FakeWorkers
from .service import ROOT, free_ports
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
    {http}
    server {{
        listen 127.0.0.1:{port};
        set $latchkey_check {check};
        {question}
        {server}
        location /app/ {{
            include {snippets}/latchkey-protect.conf;
            proxy_pass http://127.0.0.1:{app_port};
            location /app/nested/ {{
                include {snippets}/latchkey-protect.conf;
                proxy_set_header X-Nested yes;
                proxy_pass http://127.0.0.1:{app_port};
            }}
        }}
        location /open-app/ {{
            include {snippets}/latchkey-anonymous.conf;
            proxy_pass http://127.0.0.1:{app_port};
        }}
        location /fastcgi/ {{
            include {snippets}/latchkey-protect.conf;
            {fastcgi_form}
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_keep_conn on;
            fastcgi_pass unix:{folder}/app.sock;
        }}
        location /open-fastcgi/ {{
            {fastcgi_form}
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_keep_conn on;
            fastcgi_pass unix:{folder}/app.sock;
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
        {question}
        location / {{
            include {snippets}/latchkey-protect.conf;
            proxy_pass http://127.0.0.1:{app_port};
        }}
    }}
}}
"""


class Application(BaseHTTPRequestHandler):
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


def documented(word):
    """The one block of nginx's language in docs/nginx.md that has this word."""
    blocks = re.findall(r"(?s)```nginx\n(.*?)```", (ROOT / "docs/nginx.md").read_text())
    [block] = [block for block in blocks if word in block]
    return block


class Site:
    def __init__(self, port, strict_port, fastcgi_app):
        self.port = port
        self.strict_port = strict_port
        self.fastcgi_app = fastcgi_app

    def request(self, path, token=None, method="GET", body=None, headers=None, strict=False):
        connection = HTTPConnection(
            "127.0.0.1", self.strict_port if strict else self.port, timeout=30
        )
        with contextlib.closing(connection):
            sent = dict(headers or {})
            if token is not None:
                sent["Authorization"] = f"Bearer {token}"
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()

    def seen_by_app(self, token=None, path="/app/x", **options):
        status, _, text = self.request(path, token, **options)
        assert status == 200, text
        return json.loads(text)


@contextlib.contextmanager
def protected_site(service, folder, http="", server="", question=None, check='""'):
    """`http` and `server` are what the operator has at these levels, `question` what stands in place of
    latchkey-verify.conf."""
    for name in ("files", "open"):
        (folder / name).mkdir()
        (folder / name / "page.txt").write_text(f"the {name} page")
    snippets = service.state_dir / "nginx"
    port, strict_port = free_ports(2)
    with _application() as app_port, _fastcgi_application(folder / "app.sock") as fastcgi_app:
        text = SITE.format(
            user="user root;" if os.getuid() == 0 else "",
            folder=folder,
            snippets=snippets,
            port=port,
            strict_port=strict_port,
            app_port=app_port,
            http=http,
            server=server,
            check=check,
            question=question or f"include {snippets}/latchkey-verify.conf;",
            fastcgi_form=documented("HTTP_X_USER_ID"),
        )
        with _nginx(folder, text):
            yield Site(port, strict_port, fastcgi_app)


@contextlib.contextmanager
def _application():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Application)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def _fastcgi_application(path):
    with contextlib.closing(FakeWorkers(path)) as application:
        path.chmod(0o666)
        yield application


@contextlib.contextmanager
def _nginx(folder, text):
    configuration = folder / "nginx.conf"
    configuration.write_text(text)
    path = os.environ["PATH"] + ":/usr/sbin"
    command = ["nginx", "-p", str(folder), "-c", str(configuration)]
    subprocess.run(command, env={"PATH": path}, check=True, stdin=subprocess.DEVNULL)
    pid_file = folder / "nginx.pid"
    wait_until(pid_file.exists, "the pid of the site's nginx")
    pid = int(pid_file.read_text())
    try:
        yield
    finally:
        os.kill(pid, signal.SIGTERM)
        processes.wait_until_gone([pid], "the site's nginx")
