// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a single text must look like beyond its kind. Each answers what is wrong, as the end of a
// sentence that begins with the text ("has no host"); nullopt: nothing. Answers about secrets do
// not show them.
//
// Runs in every process, at start. No failures.

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::config {

// Only the shape: libpq has the last word when it connects.
std::optional<std::string> check_database_url(std::string_view text);
std::optional<std::string> check_secret_key(std::string_view text);
// Empty, or an absolute path.
std::optional<std::string> check_keys_dir(std::string_view text);
std::optional<std::string> check_issuer(std::string_view text);
std::optional<std::string> check_runtime_dir(std::string_view text);
// Opens the file, or takes nothing for none.
std::optional<std::string> check_blocklist(std::string_view text);
// Addresses and networks (192.0.2.0/24, 2001:db8::/32) with commas between them, or nothing.
std::optional<std::string> check_networks(std::string_view text);
// scheme://host[:port], spelled as browsers spell the header Origin, since it is compared as text.
std::optional<std::string> check_origin(std::string_view text);

}  // namespace latchkey::config
