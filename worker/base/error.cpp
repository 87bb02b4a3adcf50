// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <utility>

namespace latchkey::base {

Error::Error(ErrorCode code, std::string_view detail)
    : code_(code),
      detail_(detail.empty() ? row_of(code).default_detail : detail),
      what_(row_of(code).name) {}

Error Error::validation(std::vector<FieldError> fields) {
  Error error(ErrorCode::kValidationError);
  error.fields_ = std::move(fields);
  return error;
}

Error&& Error::because(std::string cause) && {
  cause_ = std::move(cause);
  what_ = std::string(row_of(code_).name) + ": " + cause_;
  return std::move(*this);
}

Error&& Error::retry_after(std::int64_t seconds) && {
  retry_after_s_ = seconds;
  return std::move(*this);
}

}  // namespace latchkey::base
