// SPDX-License-Identifier: Apache-2.0
#pragma once

// The processor time that this process has used: what a computation costs, whoever else works on
// the machine at the same time. Entered through an interface so that tests can move it.
//
// Runs in every process. No failures.

#include <cstdint>

namespace latchkey::base {

class ProcessorClock {
 public:
  ProcessorClock() = default;
  ProcessorClock(const ProcessorClock&) = delete;
  ProcessorClock& operator=(const ProcessorClock&) = delete;
  virtual ~ProcessorClock() = default;

  [[nodiscard]] virtual std::int64_t used_ns() const = 0;
};

class SystemProcessorClock final : public ProcessorClock {
 public:
  [[nodiscard]] std::int64_t used_ns() const override;
};

}  // namespace latchkey::base
