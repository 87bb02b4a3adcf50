// SPDX-License-Identifier: Apache-2.0
#pragma once

// One HTTP response, before it is written.
//
// Runs in workers. A header value with a control character would let a value end the header and
// begin another: add_header() aborts on one, since every value is ours or has been checked.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::http {

struct Response {
  int status = 200;
  std::string content_type;  // empty with an empty body
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  static Response json(int status, std::string body);
  static Response no_content();

  // `name` is one of ours; `value` holds printable ASCII.
  Response& add_header(std::string_view name, std::string_view value);
};

// The whole response in the form that FastCGI shares with CGI (RFC 3875, section 6.3): headers
// with a Status line among them, an empty line, the body unless `head_only`.
std::string serialize(const Response& response, bool head_only);

// The reason phrase of a status that this service answers with (RFC 9110, section 15).
std::string_view reason_of(int status);

}  // namespace latchkey::http
