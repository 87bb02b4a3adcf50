// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a User-Agent says of program and system, in words that a user recognises in a list of
// sessions: "Firefox on Windows", "curl".
//
// Browsers claim to be each other (RFC 9110, section 10.1.5, and all of history), so the reader is
// a table whose order matters. Whoever wants to can send the text of another program: the answer is
// a help for memory and proves nothing. Every word of it comes from the table, and none from the
// text.
//
// Runs in api workers and on the command line. No failures.

#include <string>
#include <string_view>

namespace latchkey::service {

// Empty if nothing is recognised. Only the first 512 bytes are looked at.
std::string device_of(std::string_view user_agent);

}  // namespace latchkey::service
