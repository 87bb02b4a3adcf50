# SPDX-License-Identifier: Apache-2.0
"""The benchmarks: Latchkey beside the floor (floor.c), in one run, in turns, as ratios.

Both stand behind nginx processes of their own with the same configuration, have the same number of
processes, the same database and the same tokens; only the sockets differ. A round is one of each,
and the order changes from round to round. What is told is the median of the rounds' ratios: the
machine may be as noisy as it likes as long as it is as noisy for both.

    bench.py [--rounds N] [--seconds S] [--only ROW]...
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))

from latchkey_testkit import processes  # noqa: E402
from latchkey_testkit.accounts import Account  # noqa: E402
from latchkey_testkit.client import Client  # noqa: E402
from latchkey_testkit.service import StateFolder, free_ports, running  # noqa: E402

WORKERS = 2
CONNECTIONS = 32
SESSIONS = 64  # more than connections, so that no refresh token is presented twice at once

ROWS = {
    "health": ("/health", "none"),
    "verify": ("/auth/verify", "bearer"),
    "me": ("/users/me", "bearer"),
    "refresh": ("/auth/refresh", "refresh"),
}


class Edge:
    """An nginx with the configuration of the copy, over plain HTTP, before other sockets.

    Where it does not keep connections to workers, each request has one of its own: libfcgi's loop,
    which the floor uses, would tie a worker to the first that it gets."""

    def __init__(self, service, folder, socket_names, *, keeps_connections=True):
        [self.port] = free_ports(1)
        self.folder = folder
        self._keeps_connections = keeps_connections
        (folder / "tmp").mkdir(parents=True)
        state = str(service.state_dir)
        for source in (service.state_dir / "nginx").glob("*.conf"):
            text = source.read_text(encoding="utf-8")
            for old, new in socket_names.items():
                text = text.replace(f"{state}/run/{old}", str(new))
            text = text.replace(f"{state}/log", str(folder)).replace(f"{state}/nginx", str(folder))
            text = text.replace(f"{state}/run/nginx.pid", str(folder / "nginx.pid"))
            if not self._keeps_connections:
                text = re.sub(r"(?m)^ *(keepalive|fastcgi_keep_conn)\b.*\n", "", text)
            if source.name == "nginx.conf":
                text = self._in_plain_http(text)
            (folder / source.name).write_text(text, encoding="utf-8")
        self._nginx()
        self.pid = int((folder / "nginx.pid").read_text(encoding="ascii"))

    def _in_plain_http(self, text):
        first, second = [match.start() for match in re.finditer(r"(?m)^    server \{", text)]
        server = re.sub(r"(?m)^\s*(listen|ssl_|include latchkey-tls).*\n", "", text[first:second])
        server = server.replace("{", f"{{\n        listen 127.0.0.1:{self.port};", 1)
        return text[:first] + server + "}\n"

    def _nginx(self, *words):
        subprocess.run(
            ["nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"),
             "-e", str(self.folder / "start.log"), *words],
            check=True, env={**os.environ, "TZ": "UTC"},
        )  # fmt: skip

    def close(self):
        self._nginx("-s", "quit")
        processes.wait_until_gone([self.pid], "nginx")


class Contender:
    """One of the two: where it is asked, and whose time its requests take."""

    def __init__(self, name, edge, application):
        self.name = name
        self.edge = edge
        self.application = application  # gives the process ids
        self.refresh_tokens = None  # a file: used up and replaced, so each has its own
        self.access_tokens = None

    def run(self, row, seconds):
        path, kind = ROWS[row]
        tokens = self.refresh_tokens if kind == "refresh" else self.access_tokens
        before = self._cpu_ns()
        done = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "5s",
             "-s", str(HERE / "requests.lua"), f"http://127.0.0.1:{self.edge.port}{path}",
             "--", str(tokens), kind],
            capture_output=True, text=True,
        )  # fmt: skip
        line = done.stdout
        if done.returncode:
            raise SystemExit(f"{self.name}, {row}: wrk failed\n{done.stderr}{line}")
        after = self._cpu_ns()
        count, duration_us, errors, p50_us, p99_us = map(
            int, re.search(r"RESULT (.*)", line).group(1).split()
        )
        if errors or not count:
            raise SystemExit(f"{self.name}, {row}: {errors} of {count} requests failed\n{line}")
        return {
            "rate": count / duration_us * 1e6,
            "p50_us": p50_us,
            "p99_us": p99_us,
            "application_us": (after[0] - before[0]) / count / 1000,
            "nginx_us": (after[1] - before[1]) / count / 1000,
        }

    def _cpu_ns(self):
        groups = (self.application(), processes.children(self.edge.pid))
        return [sum(_run_time_ns(pid) for pid in group) for group in groups]


def _run_time_ns(pid):
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])


class Floor:
    def __init__(self, service, folder):
        self.socket = folder / "floor.sock"
        binary = folder / "floor"
        subprocess.run(
            ["cc", "-O2", "-Wall", "-Wextra", "-o", str(binary), str(HERE / "floor.c"),
             "-I/usr/include/postgresql", "-lfcgi", "-lpq", "-lcrypto"],
            check=True,
        )  # fmt: skip
        settings = service.generated_settings()
        self._process = subprocess.Popen(
            [str(binary), str(self.socket), str(WORKERS)],
            env={**os.environ, **{k: settings[k] for k in ("DATABASE_URL", "JWT_SECRET_KEY")}},
            stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        assert self._process.stdout.readline() == "ready\n"

    def pids(self):
        return processes.children(self._process.pid)

    def close(self):
        os.killpg(self._process.pid, 15)
        self._process.wait(timeout=10)


def write_tokens(contender, client, folder):
    sessions = [Account(client).session for _ in range(SESSIONS)]
    contender.access_tokens = folder / f"{contender.name}.access"
    contender.refresh_tokens = folder / f"{contender.name}.refresh"
    contender.access_tokens.write_text(
        "".join(f"{session.access_token}\n" for session in sessions), encoding="ascii"
    )
    renew_refresh_tokens(contender, client)


def renew_refresh_tokens(contender, client):
    """A run uses the tokens of its file up."""
    contender.refresh_tokens.write_text(
        "".join(f"{Account(client).session.refresh_token}\n" for _ in range(SESSIONS)),
        encoding="ascii",
    )


def compare(row, contenders, client, rounds, seconds):
    results = {contender.name: [] for contender in contenders}
    for number in range(rounds + 1):
        order = contenders if number % 2 else contenders[::-1]
        for contender in order:
            if row == "refresh":
                renew_refresh_tokens(contender, client)
            result = contender.run(row, seconds)
            if number:  # the first is for warming up
                results[contender.name].append(result)
    return results


def median(results, name, what):
    return statistics.median(result[what] for result in results[name])


def ratio(results, what):
    pairs = zip(results["latchkey"], results["floor"])
    return statistics.median(ours[what] / floor[what] for ours, floor in pairs)


def table(all_results):
    lines = [
        "| path | requests a second | of the floor's | application, µs a request | floor's | nginx, µs | p99 ms | floor's |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row, results in all_results.items():
        lines.append(
            f"| `{ROWS[row][0]}` | {median(results, 'latchkey', 'rate'):,.0f} "
            f"| **{ratio(results, 'rate'):.2f}** "
            f"| {median(results, 'latchkey', 'application_us'):.0f} "
            f"| {median(results, 'floor', 'application_us'):.0f} "
            f"| {median(results, 'latchkey', 'nginx_us'):.0f} "
            f"| {median(results, 'latchkey', 'p99_us') / 1000:.1f} "
            f"| {median(results, 'floor', 'p99_us') / 1000:.1f} |"
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--only", action="append", choices=list(ROWS))
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()

    settings = {
        "BCRYPT_ROUNDS": "4",
        "RATE_LIMIT_LOGIN": "off",
        "RATE_LIMIT_REGISTER": "off",
        "LOG_LEVEL": "INFO",
    }
    state = StateFolder()
    with running(state.path, settings=settings, api_workers=WORKERS) as service:
        with tempfile.TemporaryDirectory(prefix="latchkey-bench-") as folder_name:
            folder = pathlib.Path(folder_name)
            folder.chmod(0o755)
            client = Client(service)
            floor = Floor(service, folder)
            edges = [
                Edge(service, folder / "edge", {}),
                Edge(service, folder / "floor-edge",
                     {"api.sock": floor.socket, "hash.sock": floor.socket},
                     keeps_connections=False),
            ]  # fmt: skip
            contenders = [
                Contender("latchkey", edges[0], lambda: service.worker_pids("api")),
                Contender("floor", edges[1], floor.pids),
            ]
            try:
                for contender in contenders:
                    write_tokens(contender, client, folder)
                all_results = {}
                for row in arguments.only or ROWS:
                    all_results[row] = compare(
                        row, contenders, client, arguments.rounds, arguments.seconds
                    )
                    print(f"{row}: {ratio(all_results[row], 'rate'):.3f}", flush=True)
            finally:
                for edge in edges:
                    edge.close()
                floor.close()
    state.remove()
    print(table(all_results))
    if arguments.json:
        arguments.json.write_text(json.dumps(all_results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
