// SPDX-License-Identifier: Apache-2.0
#pragma once

// The route table: what answers where, in the order of openapi/openapi.yaml.
//
// A test (tests/tidy) holds the table, openapi.yaml and docs/api.md together.
//
// Runs in workers. The handlers expect an api::Endpoints as their context.

#include <vector>

#include "base/error_code.h"
#include "http/route.h"

namespace latchkey::api {

std::vector<http::Route> routes();

// Every error code that a route can answer with: its own, and those that its guard, its body, the
// database, the queue and nginx imply.
std::vector<base::ErrorCode> errors_of(const http::Route& route);

}  // namespace latchkey::api
