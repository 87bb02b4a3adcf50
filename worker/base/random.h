// SPDX-License-Identifier: Apache-2.0
#pragma once

// Unpredictable bytes, entered through an interface so that tests can repeat them.
//
// SystemRandom asks the kernel for every byte: no state in the process means no state that a fork
// could copy (two workers that share a seed would issue the same session ids).
//
// Runs in every process. A kernel that gives no random bytes is a bug of the machine: abort.

#include <cstddef>
#include <span>

namespace latchkey::base {

class Random {
 public:
  Random() = default;
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;
  virtual ~Random() = default;

  virtual void fill(std::span<std::byte> bytes) = 0;
};

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override;
};

}  // namespace latchkey::base
