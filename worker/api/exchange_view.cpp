// SPDX-License-Identifier: Apache-2.0
#include "api/exchange_view.h"

#include <arpa/inet.h>
#include <array>
#include <cstddef>
#include <string>

#include "base/ascii.h"
#include "base/error.h"
#include "base/utf8.h"

namespace latchkey::api {
namespace {

constexpr std::size_t kMaxUserAgentBytes = 512;

bool is_address(const std::string& text) {
  std::array<std::byte, sizeof(in6_addr)> address{};
  return inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

}  // namespace

db::Caller caller_of(const http::Exchange& exchange) {
  if (!exchange.identity) {
    throw base::Error(base::ErrorCode::kInternalError).because("a route lacks its guard");
  }
  return {exchange.identity->session_id, exchange.identity->user_id};
}

db::Origin origin_of(const http::Exchange& exchange) {
  const http::Request& request = exchange.request;
  return {
      .ip = is_address(request.client_ip) ? request.client_ip : std::string(),
      .user_agent = base::make_presentable(request.user_agent, kMaxUserAgentBytes),
      .request_id = request.request_id,
  };
}

std::optional<std::string_view> query_parameter(const http::Exchange& exchange,
                                                std::string_view name) {
  std::string_view rest = exchange.request.query;
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (base::equals_ignoring_case(pair.substr(0, equals), name)) {
      return equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return std::nullopt;
}

}  // namespace latchkey::api
