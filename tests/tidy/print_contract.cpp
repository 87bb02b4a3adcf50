// SPDX-License-Identifier: Apache-2.0
//
// Prints what the program's own tables say (routes, error codes, settings) as JSON, for the tests
// that hold openapi.yaml, docs/ and nginx/ to them.
#include <cstdio>
#include <string>
#include <vector>

#include "api/routes.h"
#include "base/error_code.h"
#include "base/json_writer.h"
#include "config/rows.h"
#include "http/problem.h"

namespace {

using latchkey::base::JsonWriter;
using latchkey::http::Guard;
using latchkey::http::Pool;
using latchkey::http::Route;

void write_route(JsonWriter& json, const Route& route) {
  json.begin_object();
  json.key("method").string(route.method);
  json.key("path").string(route.path);
  json.key("pool").string(route.pool == Pool::kHash ? "hash" : "api");
  json.key("guard").string(route.guard == Guard::kBearer ? "bearer" : "none");
  json.key("errors").begin_array();
  for (const auto code : latchkey::api::errors_of(route)) {
    json.string(latchkey::base::row_of(code).name);
  }
  json.end_array().end_object();
}

void write_error(JsonWriter& json, const latchkey::base::ErrorCodeRow& row) {
  json.begin_object();
  json.key("code").string(row.name);
  json.key("status").integer(latchkey::http::status_of(row.code));
  json.end_object();
}

}  // namespace

int main() {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("routes").begin_array();
  for (const Route& route : latchkey::api::routes()) write_route(json, route);
  json.end_array();
  json.key("errors").begin_array();
  for (const auto& row : latchkey::base::kErrorCodes) write_error(json, row);
  json.end_array();
  json.key("settings").begin_array();
  for (const auto& row : latchkey::config::rows()) {
    if (row.is_listed()) json.string(row.name);
  }
  json.end_array().end_object();
  std::puts(out.c_str());
  return 0;
}
