// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/events.h"

namespace latchkey::doubles {

// Remembers what was counted, in order.
class FakeEvents final : public base::EventSink {
 public:
  void count(base::Event event) override { counted.push_back(event); }

  std::vector<base::Event> counted;
};

}  // namespace latchkey::doubles
