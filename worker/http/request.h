// SPDX-License-Identifier: Apache-2.0
#pragma once

// One HTTP request, as nginx hands it over (nginx/latchkey-fastcgi-params.conf names the fields).
//
// Nothing here is trusted: nginx has normalised the path and bounded the sizes, the worker checks
// again what it relies on. An absent header is empty text.
//
// Runs in workers. The body may hold a password: it is wiped with the request.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace latchkey::http {

inline constexpr std::size_t kMaxBodyBytes = std::size_t{16} * 1024;
inline constexpr std::size_t kMaxPathBytes = 2048;
inline constexpr std::size_t kMaxQueryBytes = 2048;
inline constexpr std::size_t kMaxAuthorizationBytes = 8192;

struct Request {
  std::string method;
  std::string path;  // normalised and percent-decoded
  std::string query;
  std::string content_type;
  std::string client_ip;
  std::string request_id;
  std::string traceparent;
  std::string authorization;
  std::string origin;
  std::string user_agent;
  std::string if_none_match;
  std::string preflight_method;
  // When nginx handed the request over, in milliseconds since 1970; nothing where it does not say.
  std::optional<std::int64_t> handed_over_ms;
  // nginx will send it again if its connection ends without an answer, though it writes.
  bool may_come_again = false;
  std::size_t content_length = 0;
  base::Secret body;  // empty if content_length is past kMaxBodyBytes

  // HEAD is answered like GET, without the body.
  [[nodiscard]] std::string_view effective_method() const {
    return method == "HEAD" ? std::string_view("GET") : std::string_view(method);
  }

  // RFC 9110, section 9.2.1, as far as we answer them: asked again it does no harm.
  [[nodiscard]] bool is_safe() const { return effective_method() == "GET" || method == "OPTIONS"; }
};

}  // namespace latchkey::http
