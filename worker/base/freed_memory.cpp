// SPDX-License-Identifier: Apache-2.0
#include "base/freed_memory.h"

namespace latchkey::base {

bool overwrites_freed_memory = false;

}  // namespace latchkey::base
