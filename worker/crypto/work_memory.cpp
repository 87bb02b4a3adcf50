// SPDX-License-Identifier: Apache-2.0
#include "crypto/work_memory.h"

#include <sys/mman.h>

#include "base/error.h"

namespace latchkey::crypto {
namespace {

constexpr std::size_t kPage = 4096;

constexpr std::size_t in_pages(std::size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

}  // namespace

std::byte* WorkMemory::take(std::size_t bytes) {
  if (bytes <= size_) return data_;
  unmap();
  const std::size_t size = in_pages(bytes);
  void* const mapped =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) {
    throw base::Error(base::ErrorCode::kInternalError)
        .because("no memory for a password hash; see WORKER_MEMORY_MAX");
  }
  // A kernel that cannot leave it out of dumps is no reason to refuse a login.
  (void)madvise(mapped, size, MADV_DONTDUMP);
  data_ = static_cast<std::byte*>(mapped);
  size_ = size;
  return data_;
}

void WorkMemory::shrink_to(std::size_t bytes) {
  if (size_ > in_pages(bytes)) unmap();
}

void WorkMemory::unmap() {
  if (data_ != nullptr) munmap(data_, size_);
  data_ = nullptr;
  size_ = 0;
}

}  // namespace latchkey::crypto
