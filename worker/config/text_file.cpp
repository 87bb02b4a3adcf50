// SPDX-License-Identifier: Apache-2.0
#include "config/text_file.h"

#include <algorithm>

#include "base/utf8.h"

namespace latchkey::config {
namespace {

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; }

}  // namespace

const char* fault_of_line(std::string_view line) {
  if (!base::is_valid_utf8(line)) return "is not UTF-8";
  if (std::ranges::any_of(line, is_control)) return "has a control character";
  return nullptr;
}

}  // namespace latchkey::config
