// SPDX-License-Identifier: Apache-2.0
#pragma once

// Users in a file of somebody else's program: CSV (RFC 4180, with a header) or JSON lines (one
// object a line).
//
//     email,username,password_hash,is_active,created_at
//     ada@example.com,ada,$2b$12$...,true,2024-01-31T12:00:00Z
//
//     {"email": "ada@example.com", "username": "ada", "password_hash": "$2b$12$...", "is_active":
//     true}
//
// The last two fields may be missing or empty. A byte order mark of UTF-8 is passed over, and so
// are empty lines. A line that cannot be read is refused by its number and the reading goes on
// behind it; also behind a quote that is never closed, which would otherwise swallow the rest of
// the file.
//
// Used by `latchkey user import`. A file that is none at all (no header, another column, UTF-16) is
// an ImportFileFault.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "service/line_reader.h"

namespace latchkey::service {

enum class ImportFormat { kCsv, kJsonLines };

class ImportFileFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Why a line is not taken. The code is for programs; neither shows anything of the line.
struct ImportFault {
  std::string code;
  std::string message;
};

// What a line says, not yet judged: an empty optional is a field that is missing, null or empty.
struct ImportFields {
  std::optional<std::string> email;
  std::optional<std::string> username;
  std::optional<std::string> password_hash;
  std::optional<std::string> is_active;
  std::optional<std::string> created_at;
};

struct ImportEntry {
  std::int64_t line = 0;  // its first
  std::optional<ImportFault> fault;
  ImportFields fields;  // if there is no fault
};

class ImportReader {
 public:
  ImportReader() = default;
  ImportReader(const ImportReader&) = delete;
  ImportReader& operator=(const ImportReader&) = delete;
  virtual ~ImportReader() = default;

  // nullopt at the end.
  virtual std::optional<ImportEntry> next() = 0;
};

// `lines` outlives the reader.
std::unique_ptr<ImportReader> open_import(ImportFormat format, LineReader& lines);

// ---- the parts, for their tests

enum class CsvFault {
  kOpenQuote,  // the text ends inside of quotes
  kBadQuote,   // a quote where none may be
};

struct CsvRecord {
  std::vector<std::string> fields;
  std::optional<CsvFault> fault;
};

CsvRecord parse_csv_record(std::string_view text);

}  // namespace latchkey::service
