// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether memory is overwritten when it is freed (worker/freed_memory.cpp, which is the program's
// free(3) in the release build; in other builds nothing happens).
//
// On in hash workers, through which passwords pass. Elsewhere it would cost each request some
// 30 microseconds of CPU for nothing.
//
// A variable, since free(3) has no arguments to spare. Set once, at the start of a process.

namespace latchkey::base {

extern bool overwrites_freed_memory;

}  // namespace latchkey::base
