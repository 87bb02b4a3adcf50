// SPDX-License-Identifier: Apache-2.0
#include "cli/standard_streams.h"

#include "base/null_device.h"
#include "process/signals.h"

namespace latchkey::cli {

void secure_standard_streams() {
  base::open_null();
  process::ignore_broken_pipes();
}

}  // namespace latchkey::cli
