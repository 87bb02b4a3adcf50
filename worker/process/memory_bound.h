// SPDX-License-Identifier: Apache-2.0
#pragma once

// A bound on the memory of a worker: one that grows without end would take the others with it.
//
// The kernel keeps it (RLIMIT_DATA: heap and private writable mappings; what is shared or only
// read, such as the program itself, does not count). Above it `new` throws std::bad_alloc, so the
// request in hand fails and nothing else; run_worker then leaves with kExitBroken, since whatever
// took the memory is gone with the process.
//
// Runs in workers. Under AddressSanitizer, whose shadow memory is far larger than any sensible
// bound, nothing is bounded. Throws std::system_error where the kernel refuses the limit.

#include <cstdint>

namespace latchkey::process {

void bound_memory(std::uint64_t bytes);

// Whether `new` has failed since then.
[[nodiscard]] bool memory_ran_out();

}  // namespace latchkey::process
