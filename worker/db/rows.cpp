// SPDX-License-Identifier: Apache-2.0
#include "db/rows.h"

#include <charconv>
#include <cstddef>
#include <libpq-fe.h>
#include <string>

#include "base/error.h"

namespace latchkey::db {
namespace {

[[noreturn]] void refuse(int column, std::string_view fault) {
  throw base::Error(base::ErrorCode::kInternalError)
      .because("answer of the database: column " + std::to_string(column) + " " +
               std::string(fault));
}

template <typename Number>
Number parse_number(std::string_view text, int column) {
  Number number{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    refuse(column, "is not a number that fits");
  }
  return number;
}

}  // namespace

int Rows::size() const { return PQntuples(result_.get()); }

bool Rows::is_null(int row, int column) const {
  if (row >= size() || column >= PQnfields(result_.get())) refuse(column, "is missing");
  return PQgetisnull(result_.get(), row, column) == 1;
}

std::string_view Rows::text(int row, int column) const {
  if (is_null(row, column)) refuse(column, "is NULL");
  return text_or_empty(row, column);
}

std::string_view Rows::text_or_empty(int row, int column) const {
  if (is_null(row, column)) return {};
  const auto length = static_cast<std::size_t>(PQgetlength(result_.get(), row, column));
  return {PQgetvalue(result_.get(), row, column), length};
}

std::int64_t Rows::integer(int row, int column) const {
  return parse_number<std::int64_t>(text(row, column), column);
}

std::int32_t Rows::small_integer(int row, int column) const {
  return parse_number<std::int32_t>(text(row, column), column);
}

bool Rows::boolean(int row, int column) const {
  const std::string_view value = text(row, column);
  if (value != "t" && value != "f") refuse(column, "is not a boolean");
  return value == "t";
}

base::Uuid Rows::uuid(int row, int column) const {
  const auto uuid = base::Uuid::parse(text(row, column));
  if (!uuid) refuse(column, "is not a UUID");
  return *uuid;
}

std::optional<std::int64_t> Rows::optional_integer(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return integer(row, column);
}

}  // namespace latchkey::db
