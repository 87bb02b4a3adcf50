// SPDX-License-Identifier: Apache-2.0
#pragma once

// What kind of network an address is of, as far as the address alone tells: for a list of sessions.
//
// Runs in api workers and on the command line. No failures.

#include <string_view>

namespace latchkey::service {

// "local": the machine of the service itself. "private": a network of a house, an office or a
// carrier, not reached from outside (RFC 1918, RFC 6598, RFC 4193, link-local addresses). "public":
// any other address. Empty for what is no address.
std::string_view network_class_of(std::string_view ip);

}  // namespace latchkey::service
