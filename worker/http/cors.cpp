// SPDX-License-Identifier: Apache-2.0
#include "http/cors.h"

#include <algorithm>

namespace latchkey::http {
namespace {

constexpr std::string_view kAllowedHeaders =
    "Authorization, Content-Type, X-Request-ID, traceparent";
constexpr std::string_view kExposedHeaders = "X-Request-ID, Retry-After, WWW-Authenticate";
constexpr std::string_view kMaxAgeS = "600";

}  // namespace

bool Cors::is_preflight(const Request& request) {
  return request.method == "OPTIONS" && !request.origin.empty() &&
         !request.preflight_method.empty();
}

bool Cors::is_listed(std::string_view origin) const {
  return std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
}

void Cors::add_headers(const Request& request, Response& response) const {
  if (origins_.empty()) return;
  response.add_header("Vary", "Origin");
  if (!is_listed(request.origin)) return;
  response.add_header("Access-Control-Allow-Origin", request.origin);
  response.add_header("Access-Control-Allow-Credentials", "true");
  response.add_header("Access-Control-Expose-Headers", kExposedHeaders);
}

void Cors::add_preflight_headers(const Request& request, std::string_view methods,
                                 Response& response) const {
  if (origins_.empty()) return;
  response.add_header("Vary",
                      "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
  if (!is_listed(request.origin)) return;
  response.add_header("Access-Control-Allow-Origin", request.origin);
  response.add_header("Access-Control-Allow-Credentials", "true");
  response.add_header("Access-Control-Allow-Methods", methods);
  response.add_header("Access-Control-Allow-Headers", kAllowedHeaders);
  response.add_header("Access-Control-Max-Age", kMaxAgeS);
}

}  // namespace latchkey::http
