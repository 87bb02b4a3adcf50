# SPDX-License-Identifier: Apache-2.0
"""Requests a second, beside the least program that could answer them."""

from latchkey_testkit.accounts import Account
from latchkey_testkit.client import Client
from latchkey_testkit.service import StateFolder, running

from figures import Figure, median_of, median_ratio
from sides import ROWS, WORKERS, Contender, Edge, Floor, by_turns

GOAL = 0.90

SETTINGS = {
    "BCRYPT_ROUNDS": "4",
    "RATE_LIMIT_LOGIN": "off",
    "RATE_LIMIT_REGISTER": "off",
    "LOG_LEVEL": "INFO",
    "WORKER_MAX_REQUESTS": "0",  # a worker that leaves takes along the time that it took
}


def measure(options, folder):
    state = StateFolder()
    with running(state.path, settings=SETTINGS, api_workers=WORKERS) as service:
        client = Client(service)
        floor = Floor(service, folder)
        edges = [
            Edge(service, folder / "edge", {}),
            Edge(service, folder / "floor-edge",
                 {"api.sock": floor.socket, "hash.sock": floor.socket}, keeps_connections=False),
        ]  # fmt: skip
        try:
            contenders = [
                Contender(name, edge, pids, service, lambda: Account(client).session)
                for name, edge, pids in (
                    ("latchkey", edges[0], lambda: service.worker_pids("api")),
                    ("floor", edges[1], floor.pids),
                )
            ]
            figures = []
            for row in ROWS:
                found = by_turns(row, contenders, options)
                figures.append(figure_of(row, found["latchkey"], found["floor"]))
        finally:
            for edge in edges:
                edge.close()
            floor.close()
    state.remove()
    return figures


def figure_of(row, ours, theirs):
    ratio = median_ratio(ours, theirs, "rate")
    behind = (
        f"{median_of(ours, 'rate'):,.0f} a second, the floor {median_of(theirs, 'rate'):,.0f}; "
        f"application {median_of(ours, 'application_us'):.0f} us a request, "
        f"the floor's {median_of(theirs, 'application_us'):.0f}; "
        f"nginx {median_of(ours, 'nginx_us'):.0f} and {median_of(theirs, 'nginx_us'):.0f}, "
        f"PostgreSQL {median_of(ours, 'database_us'):.0f}; "
        f"p99 {median_of(ours, 'p99_us') / 1000:.1f} ms and {median_of(theirs, 'p99_us') / 1000:.1f}"
    )
    return Figure(
        f"`{ROWS[row][0]}`", f"≥ {GOAL:.2f} of the floor", f"{ratio:.2f}", ratio >= GOAL, behind
    )
