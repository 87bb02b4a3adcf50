// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads a request's body by its media type (RFC 9110, section 8.3).
//
// Runs in workers. Another media type: base::Error(kUnsupportedMediaType); a body that cannot be
// read: base::Error(kInvalidJson).

#include "base/json_reader.h"
#include "http/request.h"
#include "http/route.h"

namespace latchkey::http {

// `kind` is kJson or kJsonOrForm.
base::JsonObject read_body(const Request& request, Body kind);

}  // namespace latchkey::http
