# SPDX-License-Identifier: Apache-2.0
"""Users of the tests: unique names, passwords that can be searched for, and their sessions."""

import secrets

from . import secrecy


def fresh_username():
    return f"user-{secrets.token_hex(8)}"


def fresh_email():
    return f"{fresh_username()}@example.com"


def registration(**changes):
    """A body for /auth/register that is right unless `changes` spoils it."""
    body = {
        "email": fresh_email(),
        "username": fresh_username(),
        "password": secrecy.fresh_password(),
    }
    body.update(changes)
    return body


class Session:
    """One login: the token response and what it is good for."""

    def __init__(self, client, token_response):
        self._client = client
        self.take(token_response)

    def take(self, token_response):
        self.access_token = token_response["access_token"]
        self.refresh_token = token_response["refresh_token"]
        self.user = token_response["user"]

    def me(self):
        return self._client.get("/users/me", token=self.access_token)

    def refresh(self):
        return self._client.post("/auth/refresh", {"refresh_token": self.refresh_token})

    def refresh_and_take(self):
        self.take(self.refresh().expect(200).json())
        return self

    def logout(self):
        return self._client.post("/auth/logout", {"refresh_token": self.refresh_token})

    def assert_lives(self):
        self.me().expect(200)

    def assert_ended(self):
        self.me().expect_problem(401, "TOKEN_REVOKED")
        self.refresh().expect_problem(401, "TOKEN_REVOKED")


class Account:
    """A registered user; `session` is the one that registration opened."""

    def __init__(self, client, **changes):
        self._client = client
        body = registration(**changes)
        self.email = body["email"]
        self.username = body["username"]
        self.password = body["password"]
        self.session = Session(client, client.post("/auth/register", body).expect(201).json())
        self.id = self.session.user["id"]

    def login(self, password=None):
        return self._client.post(
            "/auth/login", {"username": self.username, "password": password or self.password}
        )

    def new_session(self):
        return Session(self._client, self.login().expect(200).json())

    def set_active(self, active):
        """Done by the database's owner, as an administrator would."""
        self._client.service.query(
            "UPDATE latchkey.users SET is_active = %s WHERE id = %s RETURNING id", (active, self.id)
        )
