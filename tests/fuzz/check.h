// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a harness says besides "it does not crash".
//
// A claim that does not hold ends the run like a crash, and libFuzzer keeps the input.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace latchkey::fuzz {

inline void claim(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "==claim== does not hold: %s\n", what);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// The first byte chooses among `choices`; the rest is the input. 0 for an empty input.
inline std::size_t take_choice(std::string_view& text, std::size_t choices) {
  if (text.empty()) return 0;
  const std::size_t choice = static_cast<unsigned char>(text.front()) % choices;
  text.remove_prefix(1);
  return choice;
}

}  // namespace latchkey::fuzz
