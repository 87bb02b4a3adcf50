// SPDX-License-Identifier: Apache-2.0
#pragma once

// A TLS session that a library of others keeps over OpenSSL, for whoever waits on its socket.
//
// A record (RFC 8446, section 5.1) is decrypted as a whole and read in parts. What is left of it
// is in the session and no longer in the socket, where poll(2) would wait for it in vain.
//
// Runs in workers and on the command line.

namespace latchkey::crypto {

// `session` is an SSL of OpenSSL.
[[nodiscard]] bool holds_unread_bytes(void* session);

}  // namespace latchkey::crypto
