// SPDX-License-Identifier: Apache-2.0
#pragma once

// fork and exec of one worker, after contract.h.
//
// All that needs memory is made before the fork; between fork and exec the child makes system
// calls only. It dies with its parent from its first instructions on (PR_SET_PDEATHSIG, and a look
// at getppid for the parent that died before that call), so that a supervisor killed with -9
// leaves no orphan, whatever program it has started.
//
// A program that cannot be executed shows as a child that exits with kExitNotExecuted.
//
// Runs in the supervisor. Throws std::system_error when the kernel refuses to fork.

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace latchkey::process {

struct SpawnRequest {
  std::vector<std::string> command;  // not empty; the first is the path of the program
  std::string socket_name;
  int listen_fd = -1;
  int null_fd = -1;  // /dev/null
  std::string notify_path;
  std::int64_t watchdog_ms = 0;  // 0: no signs of life are asked for
  // In place of our own, in the form of environ(7); what the contract adds comes on top.
  const char* const* environment = nullptr;
};

pid_t spawn(const SpawnRequest& request);

// The file of this program, as a path: after an upgrade it names the new one. Asked once, at the
// start, since /proc/self/exe goes on naming the old file.
std::string own_program_path();

}  // namespace latchkey::process
