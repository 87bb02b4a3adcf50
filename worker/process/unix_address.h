// SPDX-License-Identifier: Apache-2.0
#pragma once

// The address of a unix socket at a path, and a bind that gives it its mode from the first moment.
//
// Runs in the supervisor. Throws std::system_error, ENAMETOOLONG for a path that does not fit into
// a sockaddr_un: the kernel would cut it in silence.

#include <string>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

namespace latchkey::process {

sockaddr_un unix_address(const std::string& path);

// A new socket of `type` (SOCK_STREAM, SOCK_DGRAM; flags allowed) bound to `path` with `mode`.
// Gives the descriptor, which the caller owns.
int bind_unix_socket(const std::string& path, int type, mode_t mode);

}  // namespace latchkey::process
