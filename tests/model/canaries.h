// SPDX-License-Identifier: Apache-2.0
#pragma once

// Breakers with one fault each. A checker that passes one of them checks nothing.

#include <string>
#include <vector>

#include "checker.h"

namespace latchkey::model {

struct Canary {
  std::string fault;
  System system;
};

std::vector<Canary> canaries();

}  // namespace latchkey::model
