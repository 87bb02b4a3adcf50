// SPDX-License-Identifier: Apache-2.0
#pragma once

// UTF-8 as RFC 3629 has it: at most U+10FFFF, no surrogates, no overlong forms.
//
// Runs in every process. No failures: invalid text is an answer.

#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey::base {

// The length of the well-formed sequence at the start of `text`, 0 if there is none.
std::size_t utf8_sequence_length(std::string_view text);

bool is_valid_utf8(std::string_view text);

// Code points of valid UTF-8. Of invalid text it counts the bytes that start a sequence.
std::size_t count_code_points(std::string_view text);

// At most `max_bytes` of `text`, cut between code points.
std::string_view cut_utf8(std::string_view text, std::size_t max_bytes);

// At most `max_bytes` of `text`, with U+FFFD in place of each byte that is not UTF-8 and of each
// control character: for text of a stranger that is to be stored or shown.
std::string make_presentable(std::string_view text, std::size_t max_bytes);

}  // namespace latchkey::base
