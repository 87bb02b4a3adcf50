# SPDX-License-Identifier: Apache-2.0
"""What the system tests share: a private copy of the service, clients, logs, forged tokens.

Nothing here knows how the service is built inside. It is started by `make up`, spoken to through
nginx and TLS, and looked at through its logs, its processes and the owner's database connection.
"""
