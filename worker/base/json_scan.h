// SPDX-License-Identifier: Apache-2.0
#pragma once

// The look at a JSON text before the parser sees it: what the parser would let through, or would
// refuse without saying why.
//
// Bytes past the ASCII range that are no UTF-8, NUL in any spelling, escapes that name half a
// surrogate pair, nesting past a limit. Grammar is the parser's business: of a text that is no
// JSON this scan may say nothing.
//
// Used by json_reader.cpp only.

#include <cstddef>
#include <string_view>

namespace latchkey::base {

// The first fault found, as a phrase for the client; empty if there is none.
std::string_view find_json_fault(std::string_view text, std::size_t max_depth);

}  // namespace latchkey::base
