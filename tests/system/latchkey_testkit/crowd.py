# SPDX-License-Identifier: Apache-2.0
"""Users whose sessions a load uses, and the proof that each of them is served as before."""

from .accounts import Account
from .breaker import Segment
from .client import Client
from .load import asks_health, logs_in, reads, refreshes


class Crowd:
    def __init__(self, service, readers=4, refreshers=2, logins=2):
        self._service = service
        client = Client(service)
        self.accounts = [Account(client) for _ in range(readers + refreshers + logins)]
        sessions = [account.session for account in self.accounts]
        self.steps = [
            asks_health,
            *map(reads, sessions[:readers]),
            *map(refreshes, sessions[readers : readers + refreshers]),
            *map(logs_in, self.accounts[readers + refreshers :]),
        ]

    def assert_all_is_well(self):
        """Ready, all workers there, the breaker closed with nothing counted against the database,
        every session still refreshes, and people log in and register."""
        service = self._service
        client = Client(service)
        service.wait_for_workers("api", service.api_workers)
        service.wait_for_workers("hash", service.hash_workers)
        client.get("/readiness").expect(200)
        for account in self.accounts:
            account.session.refresh_and_take().assert_lives()
        self.accounts[0].login().expect(200)
        Account(client)
        segment = Segment(service)
        assert (segment.state, segment.count) == ("closed", 0)
