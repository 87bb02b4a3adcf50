// SPDX-License-Identifier: Apache-2.0
//
// A planted bug, for the claims of the harnesses: a reader of text in quotes that forgets an
// escape.
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = latchkey::fuzz::text_of(data, size);
  if (!text.starts_with('"')) return 0;
  const std::size_t end = text.find('"', 1);
  latchkey::fuzz::claim(end == std::string_view::npos || text[end - 1] != '\\',
                        "an escaped quote ends nothing");
  return 0;
}
