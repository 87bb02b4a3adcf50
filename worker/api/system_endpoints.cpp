// SPDX-License-Identifier: Apache-2.0
//
// What the service says of itself.
#include <string_view>
#include <utility>

#include "api/endpoints.h"
#include "api/metrics_text.h"
#include "api/routes.h"
#include "base/json_writer.h"
#include "base/timestamp.h"
#include "service/readiness.h"

namespace latchkey::api {

using base::JsonWriter;
using http::Exchange;
using http::Response;

namespace {

// How long a verifier may go on with a set: a new key has to be published for that long before it
// signs (docs/keys.md).
constexpr std::string_view kKeysCaching = "public, max-age=300";

Response uncached(int status, std::string body) {
  Response response = Response::json(status, std::move(body));
  response.add_header("Cache-Control", "no-store");
  return response;
}

}  // namespace

Response show_service(Endpoints& endpoints, Exchange& /*exchange*/) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.key("name").string("Latchkey");
  json.key("version").string(endpoints.version);
  json.key("docs").string("/docs");
  json.key("redoc").string("/redoc");
  json.key("openapi").string("/openapi.json");
  json.end_object();
  return Response::json(200, std::move(body));
}

// Liveness: the process answers. Nothing else may make it fail, the database least of all.
Response show_health(Endpoints& endpoints, Exchange& /*exchange*/) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.key("status").string("healthy");
  json.key("timestamp").string(base::format_timestamp(endpoints.clock.wall_ms()));
  json.end_object();
  return uncached(200, std::move(body));
}

// Each check is one that has passed: the first that fails is a problem response instead.
Response show_readiness(Endpoints& endpoints, Exchange& /*exchange*/) {
  service::require_ready(endpoints.health);
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.key("status").string("ready");
  json.key("checks").begin_object();
  json.key("database").string("reachable and writable");
  json.key("circuit_breaker").string("closed");
  json.key("schema").string("current");
  json.end_object().end_object();
  return uncached(200, std::move(body));
}

// An entity tag is quoted, so it is nowhere within another (RFC 9110, section 13.1.2).
Response show_keys(Endpoints& endpoints, Exchange& exchange) {
  crypto::PublicKeys keys = endpoints.keys.public_keys();
  const std::string& known = exchange.request.if_none_match;
  const bool is_known = known == "*" || known.find(keys.etag) != std::string::npos;
  Response response = Response::json(is_known ? 304 : 200, is_known ? "" : std::move(keys.json));
  if (is_known) response.content_type.clear();
  response.add_header("Cache-Control", kKeysCaching);
  response.add_header("ETag", keys.etag);
  return response;
}

Response show_metrics(Endpoints& endpoints, Exchange& /*exchange*/) {
  const NodeView node = look_at_node(endpoints.shared, endpoints.database_breaker, endpoints.clock);
  Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics_text(node, routes(), endpoints.version);
  response.add_header("Cache-Control", "no-store");
  return response;
}

}  // namespace latchkey::api
