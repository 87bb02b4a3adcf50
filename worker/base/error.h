// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one exception that carries a failure from where it is known to where it is rendered.
//
// An Error has a public half (the code, the detail, the faulty fields: all of it reaches the
// client) and a private half (the cause: only the log sees it). The private half may name a
// constraint, an SQLSTATE or a system call. It never holds what a client sent.
//
// Thrown by every room, caught by http/pipeline.cpp (workers) and by cli/ (command line).

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error_code.h"

namespace latchkey::base {

// One fault of one field. `code` is for programs ("required", "too_short", ...).
struct FieldError {
  std::string field;
  std::string code;
  std::string message;

  bool operator==(const FieldError&) const = default;
};

class Error : public std::exception {
 public:
  explicit Error(ErrorCode code, std::string_view detail = {});

  // All faults of one body at once; `fields` is not empty.
  static Error validation(std::vector<FieldError> fields);

  // The private half, for the log.
  Error&& because(std::string cause) &&;
  // When it makes sense to try again, in whole seconds.
  Error&& retry_after(std::int64_t seconds) &&;

  [[nodiscard]] ErrorCode code() const { return code_; }
  [[nodiscard]] const std::string& detail() const { return detail_; }
  [[nodiscard]] const std::string& cause() const { return cause_; }
  [[nodiscard]] const std::vector<FieldError>& fields() const { return fields_; }
  [[nodiscard]] std::optional<std::int64_t> retry_after_s() const { return retry_after_s_; }

  // Code and cause, for a log line: never shown to a client.
  [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }

 private:
  ErrorCode code_;
  std::string detail_;
  std::string cause_;
  std::string what_;
  std::vector<FieldError> fields_;
  std::optional<std::int64_t> retry_after_s_;
};

}  // namespace latchkey::base
