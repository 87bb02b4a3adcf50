# SPDX-License-Identifier: Apache-2.0
"""Three thin clients: HTTP/1.1 (requests), HTTP/2 (httpx), and bytes over TLS for what no
library would send. Each gives a `Reply` that has passed `problem.check_reply`."""

import json as json_module
import http.client
import socket
import ssl
import time
import urllib.parse

import httpx
import requests

from . import problem, secrecy

TIMEOUT_S = 60

# What "localhost" may be for the client, and so the client for the service.
LOOPBACK = ("127.0.0.1", "::1")


class Reply:
    def __init__(self, method, path, status, header_pairs, body, elapsed_s=0.0, version=""):
        self.method = method
        self.path = path
        self.status = status
        self.header_pairs = [(name.lower(), value) for name, value in header_pairs]
        self.body = body
        self.elapsed_s = elapsed_s
        self.version = version

    def __repr__(self):
        shown = self.path if len(self.path) < 200 else self.path[:200] + "…"
        headers = "\n".join(f"  {name}: {value}" for name, value in self.header_pairs)
        return f"{self.method} {shown} -> {self.status}\n{headers}\n  {self.text[:800]!r}"

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def json(self):
        return json_module.loads(self.body)

    def headers_named(self, name):
        return [value for key, value in self.header_pairs if key == name.lower()]

    def header(self, name):
        """All values of the header as one, or None."""
        values = self.headers_named(name)
        return ", ".join(values) if values else None

    def tokens_of(self, name):
        """A comma-separated header as a set of lower-case words."""
        return {
            word.strip().lower() for word in (self.header(name) or "").split(",") if word.strip()
        }

    @property
    def content_type(self):
        return (self.header("Content-Type") or "").split(";")[0].strip()

    def expect(self, status):
        assert self.status == status, self
        return self

    def expect_problem(self, status, code):
        """Asserts the error and returns its body; the shape has been checked on arrival."""
        return problem.check_problem(self, status, code)

    def faulty_fields(self):
        """The fields that a validation error names."""
        body = self.expect_problem(400, "VALIDATION_ERROR")
        return {fault["field"] for fault in body.get("errors", [])}


_open_clients = []


def close_clients():
    """Closes the connections of every client made since the last call."""
    while _open_clients:
        _open_clients.pop().close()


def note_tokens(reply):
    if b'"access_token"' in reply.body and reply.status < 300:
        body = reply.json()
        for name in ("access_token", "refresh_token"):
            secrecy.remember_token(body.get(name, ""))


class Client:
    """HTTP/1.1 with one kept-alive connection; not to be shared between threads (see `fresh`)."""

    def __init__(self, service, prefix=""):
        self.service = service
        self.prefix = prefix
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers = {"Accept-Encoding": "identity", "User-Agent": "latchkey-testkit"}
        _open_clients.append(self)

    def close(self):
        self._session.close()

    def fresh(self):
        """The same client on a connection of its own."""
        return Client(self.service, self.prefix)

    def request(self, method, path, *, json=None, body=None, form=None, headers=None, token=None):
        """`json` is encoded, `body` sent as it is (application/json unless `headers` say else)."""
        sent_headers = dict(headers or {})
        if json is not None:
            body = json_module.dumps(json).encode()
        if form is not None:
            body = form if isinstance(form, bytes) else urllib.parse.urlencode(form).encode()
            sent_headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        if body is not None:
            sent_headers.setdefault("Content-Type", "application/json")
        if token is not None:
            sent_headers["Authorization"] = f"Bearer {token}"
        if token:
            secrecy.remember_token(token)
        started = time.monotonic()
        answer = self._session.request(
            method,
            self.service.url + self.prefix + path,
            data=body,
            headers=sent_headers,
            allow_redirects=False,
            timeout=TIMEOUT_S,
            verify=str(self.service.ca_file),
        )
        reply = Reply(
            method,
            self.prefix + path,
            answer.status_code,
            list(answer.raw.headers.iteritems()),
            answer.content,
            time.monotonic() - started,
            "HTTP/1.1",
        )
        problem.check_reply(reply)
        note_tokens(reply)
        return reply

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, json=None, **options):
        return self.request("POST", path, json=json, **options)

    def put(self, path, json=None, **options):
        return self.request("PUT", path, json=json, **options)

    def patch(self, path, json=None, **options):
        return self.request("PATCH", path, json=json, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def metric(self, name):
        """One figure of /metrics; the name with its labels, as it stands there."""
        for line in self.get("/metrics").expect(200).text.splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        raise AssertionError(f"there is no {name}")


class Http2Client:
    def __init__(self, service):
        context = ssl.create_default_context(cafile=str(service.ca_file))
        self._client = httpx.Client(
            http1=False, http2=True, verify=context, timeout=TIMEOUT_S, trust_env=False
        )
        self._url = service.url
        _open_clients.append(self)

    def request(self, method, path, *, json=None, headers=None, token=None, body=None):
        sent_headers = dict(headers or {})
        if token is not None:
            sent_headers["Authorization"] = f"Bearer {token}"
        if json is not None:
            body = json_module.dumps(json).encode()
            sent_headers.setdefault("Content-Type", "application/json")
        if token:
            secrecy.remember_token(token)
        answer = self._client.request(method, self._url + path, content=body, headers=sent_headers)
        reply = Reply(
            method,
            path,
            answer.status_code,
            answer.headers.multi_items(),
            answer.content,
            version=answer.http_version,
        )
        problem.check_reply(reply)
        note_tokens(reply)
        return reply

    def close(self):
        self._client.close()


def tls_context(service):
    return ssl.create_default_context(cafile=str(service.ca_file))


def _read_reply(connection, method, path):
    answer = http.client.HTTPResponse(connection, method=method)
    answer.begin()
    reply = Reply(method, path, answer.status, answer.getheaders(), answer.read())
    answer.close()
    return reply


def _words_of_request_line(data):
    words = data.split(b"\n", 1)[0].split()
    method = words[0].decode("latin-1") if words else ""
    path = words[1].decode("latin-1") if len(words) > 1 else ""
    return method, path


def open_connection(service, source):
    """A TLS connection from an address of this machine, to be closed by the caller."""
    plain = socket.create_connection(
        ("127.0.0.1", service.https_port), TIMEOUT_S, source_address=(source, 0)
    )
    return tls_context(service).wrap_socket(plain, server_hostname="localhost")


def raw_exchange(service, data, *, context=None, checked=True):
    """Sends bytes over TLS, as they are, and reads one answer."""
    context = context or tls_context(service)
    with socket.create_connection(("127.0.0.1", service.https_port), TIMEOUT_S) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(data)
            reply = _read_reply(connection, *_words_of_request_line(data))
    if checked:
        problem.check_reply(reply)
    return reply


def plain_exchange(service, data, port=None):
    """The same without TLS, to the plain port unless another is named."""
    address = ("127.0.0.1", port or service.http_port)
    with socket.create_connection(address, TIMEOUT_S) as connection:
        connection.sendall(data)
        reply = _read_reply(connection, *_words_of_request_line(data))
    problem.check_reply(reply, tls=False)
    return reply


class RawSession:
    """Many hand-made requests over one kept-alive TLS connection, reopened when nginx closes it."""

    def __init__(self, service):
        self._service = service
        self._connection = None
        _open_clients.append(self)

    def _connected(self):
        if self._connection is None:
            plain = socket.create_connection(("127.0.0.1", self._service.https_port), TIMEOUT_S)
            self._connection = tls_context(self._service).wrap_socket(
                plain, server_hostname="localhost"
            )
        return self._connection

    def exchange(self, data):
        connection = self._connected()
        connection.sendall(data)
        answer = http.client.HTTPResponse(connection, method=_words_of_request_line(data)[0])
        answer.begin()
        method, path = _words_of_request_line(data)
        reply = Reply(method, path, answer.status, answer.getheaders(), answer.read())
        if answer.will_close:
            self.close()
        problem.check_reply(reply)
        return reply

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def raw_request(method, path, headers=(), body=b""):
    """The bytes of a request whose path and header values may be any bytes."""
    lines = [b"%s %s HTTP/1.1" % (_bytes(method), _bytes(path)), b"Host: localhost"]
    lines += [_bytes(name) + b": " + _bytes(value) for name, value in headers]
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode("utf-8")
