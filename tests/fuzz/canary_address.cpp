// SPDX-License-Identifier: Apache-2.0
//
// A planted bug, for AddressSanitizer: whoever begins with "LK" and a length is believed. A run
// that does not find it proves nothing about the others.
#include <vector>

#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4 || data[0] != 'L' || data[1] != 'K') return 0;
  const std::vector<std::uint8_t> copy(data, data + size);
  const volatile std::uint8_t* const bytes = copy.data();
  return bytes[data[2]] == 'x' ? -1 : 0;
}
