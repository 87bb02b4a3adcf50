// SPDX-License-Identifier: Apache-2.0
#pragma once

// The listening sockets that the parent has passed by the LISTEN_FDS protocol (sd_listen_fds(3)).
//
// Runs in the worker, once, before anything else opens descriptors. The variables are removed from
// the environment, so that nothing that this process starts takes them for its own. Each socket is
// made non-blocking, whatever the parent thought of it, and close-on-exec.
//
// None passed, or passed to another process: an empty list. A descriptor that is closed or is no
// listening stream socket is the parent's fault: std::system_error.

#include <string>
#include <vector>

#include "base/descriptor.h"

namespace latchkey::process {

struct InheritedSocket {
  std::string name;  // from LISTEN_FDNAMES; "unknown" where the parent gave none
  base::Descriptor fd;
};

std::vector<InheritedSocket> take_inherited_sockets();

}  // namespace latchkey::process
