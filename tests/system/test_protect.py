# SPDX-License-Identifier: Apache-2.0
"""An application behind nginx and Latchkey's two snippets: who gets in, what it learns of them, and
what a client cannot make it believe."""

import contextlib
import http.client
import http.server
import json
import os
import signal
import subprocess
import threading

import pytest

from latchkey_testkit import processes
from latchkey_testkit.accounts import Account
from latchkey_testkit.service import free_ports
from latchkey_testkit.waiting import wait_until

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


@pytest.fixture(scope="module")
def site(service, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
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


def test_nobody_gets_in_without_a_token(site):
    for path in ("/app/x", "/files/page.txt"):
        status, headers, text = site.request(path)
        assert status == 401
        assert headers["WWW-Authenticate"].startswith("Bearer")
        assert "page" not in text
    for token in ("", "x.y.z", "a" * 3000):
        assert site.request("/files/page.txt", token)[0] == 401
    assert site.request("/open/page.txt")[2] == "the open page"


def test_who_has_one_gets_in_and_is_known(site, account):
    session = account.session
    assert site.request("/files/page.txt", session.access_token)[2] == "the files page"
    seen = dict(site.seen_by_app(session.access_token)["headers"])
    assert seen["x-user-id"] == str(account.id)
    assert len(seen["x-session-id"]) == 36
    assert "authorization" not in seen


@pytest.mark.parametrize("name", ["X-User-Id", "x-user-id", "X-Session-Id", "X_User_Id"])
def test_what_a_client_claims_to_be_does_not_arrive(site, account, name):
    seen = site.seen_by_app(account.session.access_token, headers={name: "1"})["headers"]
    ids = [value for key, value in seen if key.replace("_", "-") == "x-user-id"]
    assert ids == [str(account.id)]
    assert [key for key, value in seen if value == "1"] == []
    assert site.request("/app/x", headers={name: "1"})[0] == 401


def test_bodies_methods_and_queries_go_to_the_application(site, account):
    token = account.session.access_token
    for method in ("POST", "PUT", "DELETE"):
        seen = site.seen_by_app(token, method=method, body="a body")
        assert seen["body"] == "a body"
    # A query string is the application's own: it cannot reach the question.
    status, _, text = site.request("/app/x?check=nonsense", token)
    assert status == 200, text


def test_the_question_cannot_be_asked_from_outside(site, account):
    assert site.request("/_latchkey", account.session.access_token)[0] == 404


def test_an_ended_session(site, account):
    """By its token alone it is good until that expires; with the look-up it is refused at once."""
    token = account.session.access_token
    assert site.request("/x", token, strict=True)[0] == 200
    account.session.logout().expect(200)
    assert site.request("/files/page.txt", token)[0] == 200
    assert site.request("/x", token, strict=True)[0] == 401


def test_a_deactivated_user(site, client):
    account = Account(client)
    account.set_active(False)
    assert site.request("/x", account.session.access_token, strict=True)[0] in (401, 403)
