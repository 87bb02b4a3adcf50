// SPDX-License-Identifier: Apache-2.0
#include "http/response.h"

#include <algorithm>
#include <array>

#include "base/invariant.h"

namespace latchkey::http {
namespace {

constexpr std::array kReasons{
    std::pair{200, std::string_view("OK")},
    std::pair{201, std::string_view("Created")},
    std::pair{204, std::string_view("No Content")},
    std::pair{304, std::string_view("Not Modified")},
    std::pair{400, std::string_view("Bad Request")},
    std::pair{401, std::string_view("Unauthorized")},
    std::pair{403, std::string_view("Forbidden")},
    std::pair{404, std::string_view("Not Found")},
    std::pair{405, std::string_view("Method Not Allowed")},
    std::pair{409, std::string_view("Conflict")},
    std::pair{413, std::string_view("Content Too Large")},
    std::pair{414, std::string_view("URI Too Long")},
    std::pair{415, std::string_view("Unsupported Media Type")},
    std::pair{429, std::string_view("Too Many Requests")},
    std::pair{431, std::string_view("Request Header Fields Too Large")},
    std::pair{500, std::string_view("Internal Server Error")},
    std::pair{502, std::string_view("Bad Gateway")},
    std::pair{503, std::string_view("Service Unavailable")},
    std::pair{504, std::string_view("Gateway Timeout")},
};

bool is_printable(std::string_view value) {
  return std::all_of(value.begin(), value.end(),
                     [](char byte) { return byte >= 0x20 && byte < 0x7F; });
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

}  // namespace

Response Response::json(int status, std::string body) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

Response Response::no_content() {
  Response response;
  response.status = 204;
  return response;
}

Response& Response::add_header(std::string_view name, std::string_view value) {
  base::require(is_printable(name) && is_printable(value), "a header that is not printable");
  headers.emplace_back(name, value);
  return *this;
}

std::string serialize(const Response& response, bool head_only) {
  std::string out;
  out.reserve(512 + response.body.size());
  append_header(out, "Status",
                std::to_string(response.status) + ' ' + std::string(reason_of(response.status)));
  if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  // Neither has a body; that of a 304 would be the length of another answer's.
  if (response.status != 204 && response.status != 304) {
    append_header(out, "Content-Length", std::to_string(response.body.size()));
  }
  out += "\r\n";
  if (!head_only) out += response.body;
  return out;
}

std::string_view reason_of(int status) {
  for (const auto& [code, reason] : kReasons) {
    if (code == status) return reason;
  }
  base::require(false, "a status without a reason");
  return {};
}

}  // namespace latchkey::http
