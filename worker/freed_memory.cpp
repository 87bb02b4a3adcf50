// SPDX-License-Identifier: Apache-2.0
//
// Where base/freed_memory.h asks for it, whatever is freed is overwritten first, by whichever
// library: a password passes through the buffers of libfcgi and the strings of the JSON parser,
// which free them as they are, and would lie in the heap until somebody happens to need the room.
//
// This is the program's free(3), in front of that of glibc, which still has the heap: the one place
// that sees every buffer. (The other design, to wipe after each library, ends where a library has
// no door.) realloc(3) is here because it frees what it has moved. Only in the release build:
// sanitizers and valgrind bring a heap of their own.
#include "base/freed_memory.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <malloc.h>

using latchkey::base::overwrites_freed_memory;

extern "C" {

// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): glibc's own names
void __libc_free(void* memory);
void* __libc_realloc(void* memory, std::size_t size);
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

__attribute__((used)) void free(void* memory) noexcept {
  if (overwrites_freed_memory && memory != nullptr)
    explicit_bzero(memory, malloc_usable_size(memory));
  __libc_free(memory);
}

__attribute__((used)) void* realloc(void* memory, std::size_t size) noexcept {
  if (!overwrites_freed_memory || memory == nullptr) return __libc_realloc(memory, size);
  const std::size_t room = malloc_usable_size(memory);
  if (size != 0 && size <= room && size > room / 2) return memory;
  if (size == 0) {
    free(memory);
    return nullptr;
  }
  void* const moved = std::malloc(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, memory, size < room ? size : room);
  free(memory);
  return moved;
}
}
