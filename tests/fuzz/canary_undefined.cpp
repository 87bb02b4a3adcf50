// SPDX-License-Identifier: Apache-2.0
//
// A planted bug, for UndefinedBehaviorSanitizer: a number of any length is added up.
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || data[0] != '#') return 0;
  int number = 0;
  for (std::size_t i = 1; i < size && data[i] >= '0' && data[i] <= '9'; ++i)
    number = number * 10 + (data[i] - '0');
  return number == 7 ? -1 : 0;
}
