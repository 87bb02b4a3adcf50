// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads application/x-www-form-urlencoded (URL standard, section 5.1) as strictly as JSON is read:
// a broken percent escape, text that is not UTF-8, a NUL character or a name that occurs twice is
// refused.
//
// Runs in workers. A form that cannot be read: base::Error(kInvalidJson), the code of any body
// that cannot be read.

#include <string_view>

#include "base/json_reader.h"

namespace latchkey::http {

// The fields as string members, so that a handler reads a form as it reads an object.
base::JsonObject parse_form(std::string_view body);

}  // namespace latchkey::http
