// SPDX-License-Identifier: Apache-2.0
#pragma once

// The environment that a process was started with, its secrets out of sight: what stands in
// environ(7) is shown by /proc for as long as the process lives, and handed to whatever it starts.
//
// The secret settings are moved into Secrets; where they stood the memory is overwritten, and
// getenv(3) does not find them any more. Between the start of a process and this, a few
// milliseconds, /proc still shows them. (The other design, a descriptor with the secrets from the
// supervisor to its workers, leaves the supervisor's own environment as it is, and a program of the
// version before could not read it.)
//
// Runs in supervisor and workers, once, before anything else reads the environment.

#include <vector>

#include "base/secret.h"

namespace latchkey::config {

class Environment {
 public:
  // `variables` is environ; it stays, and so do its other strings.
  explicit Environment(char** variables);

  // All of them as they were, secrets included, in the form of environ: for load(), and for the
  // children that need the same. Valid while this object lives.
  [[nodiscard]] const char* const* all() const { return all_.data(); }

 private:
  std::vector<base::Secret> secrets_;  // "NAME=value"
  std::vector<const char*> all_;       // the last one a null pointer
};

}  // namespace latchkey::config
