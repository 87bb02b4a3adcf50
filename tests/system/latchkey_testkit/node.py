# SPDX-License-Identifier: Apache-2.0
"""A node: nginx, the supervisor and its workers, apart from every other node of this machine,
before a database that other nodes use too.

It has a network namespace of its own, where "localhost" is this node and nobody else, and a process
namespace, so that the kernel ends all of its processes when the first one dies: nobody can be left
behind, and a node can be lost like a machine. The database is reached by a UNIX socket, which no
namespace divides. A client goes into the network for each request (`NodeClient`).
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess

import requests

from . import processes
from .client import Client
from .logs import WORKER, Logs, SevereLines
from .service import BINARY, ROOT, STOP_TIMEOUT_S, assert_clean_logs, running_services
from .waiting import wait_until

READY_S = 30
CLONE_NEWNET = 0x40000000  # linux/sched.h

NAMESPACES = ["unshare", "--net", "--pid", "--fork", "--mount-proc"]

# The first process of the node. Without a handler the kernel gives it no SIGTERM, since it is the
# init of its namespace.
INIT = """
ip link set lo up
nginx -p "$NGINX_DIR" -c "$NGINX_DIR/nginx.conf" -g 'daemon off;' &
nginx=$!
"$BINARY" serve --config "$ENV_FILE" --api-workers 2 --hash-workers 2 >>"$WORKER_LOG" 2>&1 &
serve=$!
trap 'kill -TERM $serve; wait $serve; kill -QUIT $nginx; wait $nginx; exit' TERM
wait
"""


def why_none():
    """Why this machine can have no node; empty when it can."""
    if os.getuid() != 0:
        return "only root makes network namespaces"
    tried = subprocess.run(
        [*NAMESPACES, "ip", "link", "set", "lo", "up"], capture_output=True, text=True, check=False
    )
    return tried.stderr.strip() if tried.returncode else ""


class Node:
    """Takes key, certificate and database from the copy `service`, and its settings, over which
    `settings` go."""

    https_port, http_port = 8443, 8080  # the same on every node: each has a network of its own
    url = f"https://localhost:{https_port}"

    def __init__(self, service, name, settings):
        self.folder = service.state_dir / name
        self.ca_file = service.ca_file
        self.logs = Logs(self.folder / "log")
        self.severe_lines = SevereLines(self.logs)
        environment = service.environment()
        self._environment = {
            **environment,
            **settings,
            "PATH": environment["PATH"] + ":/usr/sbin:/sbin",
            "TZ": "UTC",
            "BINARY": str(BINARY),
            "ENV_FILE": str(service.state_dir / "latchkey.env"),
            "WORKER_LOG": str(self.folder / "log" / WORKER),
            "NGINX_DIR": str(self.folder / "nginx"),
            "RUNTIME_DIR": str(self.folder / "run"),
            # What nginx/render needs beside the settings.
            "RUN_DIR": str(self.folder / "run"),
            "LOG_DIR": str(self.folder / "log"),
            "TLS_DIR": str(service.state_dir / "tls"),
            "PAGES_DIR": str(ROOT / "build" / "pages"),
            "HTTPS_PORT": str(self.https_port),
            "HTTP_PORT": str(self.http_port),
        }
        self._process = None  # unshare, the parent of the node's first process
        self._init = None
        self._network = None

    # --- life ----------------------------------------------------------------------------------

    def start(self):
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        for part in ("run", "log"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        render = [ROOT / "nginx" / "render", self.folder / "nginx"]
        subprocess.run(render, env=self._environment, check=True)
        # Each parent takes its child along, down to everybody in the namespaces.
        with_us = ["setpriv", "--pdeathsig", "KILL"]
        with open(self.folder / "log" / "init.log", "a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [*with_us, *NAMESPACES, "--kill-child", "bash", "-euc", INIT],
                cwd="/",
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        running_services.append(self)
        [self._init] = wait_until(
            lambda: processes.children(self._process.pid), "the first process of a node"
        )
        self._close_network()
        self._network = os.open(f"/proc/{self._init}/ns/net", os.O_RDONLY)
        wait_until(self.is_ready, f"node {self.folder.name} to be ready", READY_S)

    def stop(self):
        """As an operator stops it: the workers finish first. Then whatever is left is killed."""
        if self._process is not None:
            if self._init is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._init, signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(STOP_TIMEOUT_S)
            self.lose()
        self._close_network()

    def lose(self):
        """All of its processes end at once, and nobody says good-bye. Clients find its network, and
        nobody in it."""
        running_services.remove(self)
        self._process.kill()
        self._process.wait()
        if self._init is not None:
            processes.wait_until_gone([self._init], "a lost node")
        self._process = self._init = None

    def is_ready(self):
        with contextlib.suppress(requests.ConnectionError):
            return NodeClient(self).get("/readiness").status == 200
        return False

    # --- its network ---------------------------------------------------------------------------

    def _close_network(self):
        if self._network is not None:
            os.close(self._network)
            self._network = None

    @contextlib.contextmanager
    def network(self):
        """Sockets that this thread makes meanwhile are in the node's network, and stay there."""
        with open("/proc/thread-self/ns/net", "rb") as ours:
            _go_into(self._network)
            try:
                yield
            finally:
                _go_into(ours.fileno())


def _go_into(network):
    if ctypes.CDLL(None, use_errno=True).setns(network, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


class NodeClient(Client):
    """As somebody on the node itself. Each node needs a client of its own: the connections that one
    keeps stay in the network where they were made."""

    def request(self, method, path, **options):
        with self.service.network():
            return super().request(method, path, **options)


@contextlib.contextmanager
def running_node(service, name, settings):
    """A running node; on leaving it is stopped and its logs are searched for every secret."""
    node = Node(service, name, settings)
    try:
        node.start()
        yield node
    finally:
        node.stop()
    assert_clean_logs(node)
