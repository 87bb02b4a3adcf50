# SPDX-License-Identifier: Apache-2.0
"""The site and the snippets of the package, in an nginx of the test's own."""

import contextlib
import os
import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import processes
from .service import ROOT, free_ports
from .waiting import wait_until

CERTIFICATE = """
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -keyout ca.key -out ca.crt -subj '/CN=an authority'
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout site.key -out site.csr -subj /CN=localhost
openssl x509 -req -in site.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 90 -sha256 -out leaf.crt -extfile ext
cat leaf.crt ca.crt >site.crt
"""
EXTENSIONS = """subjectAltName=DNS:localhost
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
"""


@dataclass(frozen=True)
class Reached:
    """The site as the clients want it, which ask where a service is and whom to trust."""

    folder: Path
    https_port: int

    @property
    def ca_file(self):
        return self.folder / "ca.crt"

    @property
    def url(self):
        return f"https://localhost:{self.https_port}"


@contextlib.contextmanager
def packaged_site(folder, run_dir, change=lambda site: site, *, http="", processes_of_nginx=1, settings=None):
    """Serves before the workers whose sockets are in `run_dir`; gives the port of HTTPS. The certificate is
    signed by an authority, as the operator's would be; `change` may spoil the text of the site, and `http` stands
    before it, as what others have in `http { }`."""
    (folder / "ext").write_text(EXTENSIONS)
    subprocess.run(["/bin/sh", "-ec", CERTIFICATE], cwd=folder, check=True, capture_output=True)
    port, plain_port = free_ports(2)
    places = {
        "RUN_DIR": str(run_dir), "LOG_DIR": str(folder), "PAGES_DIR": str(ROOT / "build/pages"),
        "RATE_LIMIT_LOGIN": "off", "RATE_LIMIT_REGISTER": "off", "WORKER_TIMEOUT": "60s", "PATH": os.environ["PATH"],
        **(settings or {}),
    }
    subprocess.run([ROOT / "nginx/render", "--snippets", folder / "snippets"], env=places, check=True)
    site = (ROOT / "nginx/sites-available/latchkey").read_text()
    site = re.sub(r"listen \[::\].*\n", "", site)
    site = site.replace("listen 443", f"listen 127.0.0.1:{port}").replace("listen 80", f"listen 127.0.0.1:{plain_port}")
    site = re.sub(r"(ssl_certificate) \S+;", rf"\1 {folder}/site.crt;", site)
    site = re.sub(r"(ssl_certificate_key) \S+;", rf"\1 {folder}/site.key;", site)
    (folder / "site.conf").write_text(change(site))
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} worker_processes {processes_of_nginx}; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        f"events {{}} http {{ {http} include site.conf; }}\n"
    )
    environment = {"PATH": os.environ["PATH"] + ":/usr/sbin", "TZ": "UTC"}
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    subprocess.run(command, env=environment, check=True, stdin=subprocess.DEVNULL)
    wait_until((folder / "nginx.pid").exists, "the pid of the site's nginx")
    pid = int((folder / "nginx.pid").read_text())
    try:
        yield port
    finally:
        os.kill(pid, signal.SIGTERM)
        processes.wait_until_gone([pid], "the site's nginx")
