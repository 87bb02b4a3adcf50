// SPDX-License-Identifier: Apache-2.0
#pragma once

// The rows of an answer. A column that is NULL or not of the expected form where a value belongs
// is a bug of the schema: kInternalError.
//
// Runs in workers. Nothing of libpq shows here, so that only this room depends on it.

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "base/uuid.h"
#include "db/result.h"

namespace latchkey::db {

class Rows {
 public:
  explicit Rows(Result result) : result_(std::move(result)) {}

  [[nodiscard]] int size() const;
  [[nodiscard]] bool is_null(int row, int column) const;
  [[nodiscard]] std::string_view text(int row, int column) const;
  [[nodiscard]] std::int64_t integer(int row, int column) const;
  [[nodiscard]] std::int32_t small_integer(int row, int column) const;
  [[nodiscard]] bool boolean(int row, int column) const;
  [[nodiscard]] base::Uuid uuid(int row, int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int row, int column) const;
  // The text, or "" for NULL.
  [[nodiscard]] std::string_view text_or_empty(int row, int column) const;

 private:
  Result result_;
};

}  // namespace latchkey::db
