// SPDX-License-Identifier: Apache-2.0
#pragma once

// The memory that a password hash is computed in.
//
// Mapped when first needed and kept for the next hash: 19 MiB of fresh pages would cost argon2id a
// tenth of its time. It stands in no core dump. Whoever takes it wipes it before the next one does.
//
// Runs in hash workers and on the command line. Memory that cannot be had (WORKER_MEMORY_MAX) is
// Error(kInternalError).

#include <cstddef>

namespace latchkey::crypto {

class WorkMemory {
 public:
  WorkMemory() = default;
  WorkMemory(const WorkMemory&) = delete;
  WorkMemory& operator=(const WorkMemory&) = delete;
  ~WorkMemory() { unmap(); }

  // At least so many bytes, in pages of their own. What was taken before is the same memory.
  std::byte* take(std::size_t bytes);
  // Gives all of it back if it has grown beyond `bytes`, as for a stored hash of a higher cost.
  void shrink_to(std::size_t bytes);
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  void unmap();

  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace latchkey::crypto
