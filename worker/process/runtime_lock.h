// SPDX-License-Identifier: Apache-2.0
#pragma once

// One supervisor per runtime directory.
//
// flock(2) on a file that holds the supervisor's process id for people to read. The kernel gives
// the lock up with the process, so a kill -9 leaves nothing to clean. The file stays: to remove it
// would let two processes lock two files of one name.
//
// Runs in the supervisor. A directory that is missing is made (0750). Throws std::runtime_error,
// with the owner's id, when another supervisor holds it, std::system_error for the rest.

#include <string>

#include "base/descriptor.h"

namespace latchkey::process {

class RuntimeLock {
 public:
  explicit RuntimeLock(const std::string& directory);

 private:
  base::Descriptor fd_;
};

}  // namespace latchkey::process
