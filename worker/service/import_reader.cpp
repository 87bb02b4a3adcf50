// SPDX-License-Identifier: Apache-2.0
#include "service/import_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"
#include "base/json_reader.h"
#include "base/utf8.h"

namespace latchkey::service {
namespace {

// A quote that is still open after so many lines was a mistake.
constexpr std::size_t kMaxLinesOfRecord = 100;
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

struct Column {
  std::string_view name;
  std::optional<std::string> ImportFields::*field;
  bool is_required = false;
};

constexpr std::array kColumns{
    Column{"email", &ImportFields::email, true},
    Column{"username", &ImportFields::username, true},
    Column{"password_hash", &ImportFields::password_hash, true},
    Column{"is_active", &ImportFields::is_active},
    Column{"created_at", &ImportFields::created_at},
};

const Column* find_column(std::string_view name) {
  const auto* const found = std::ranges::find_if(kColumns, [name](const Column& column) {
    return base::equals_ignoring_case(column.name, name);
  });
  return found == kColumns.end() ? nullptr : found;
}

// Says where and not what: if the file has no header, this is the email or the hash of a user.
[[noreturn]] void refuse_column(std::size_t index) {
  throw ImportFileFault(
      "the first line must be a header that names the columns email, username and "
      "password_hash, and if there are any is_active and created_at; its field " +
      std::to_string(index + 1) + " is none of these");
}

ImportFault too_long() {
  return {"too_long", "is longer than " + std::to_string(kMaxLineBytes) + " bytes"};
}

// What no field may hold, whatever the format.
std::optional<ImportFault> fault_of_text(std::string_view text) {
  if (text.find('\0') != std::string_view::npos)
    return ImportFault{"nul_character", "holds a NUL character"};
  if (!base::is_valid_utf8(text)) return ImportFault{"invalid_utf8", "is not UTF-8"};
  return std::nullopt;
}

// Lines that can be put back, without the mark at the beginning of the first.
class Lines {
 public:
  explicit Lines(LineReader& reader) : reader_(reader) {}

  std::optional<Line> next() {
    if (!put_back_.empty()) {
      Line line = std::move(put_back_.front());
      put_back_.pop_front();
      return line;
    }
    std::optional<Line> line = reader_.next();
    if (line && line->number == 1) look_at_mark(line->text);
    return line;
  }
  // Empty lines are nobody's.
  std::optional<Line> next_filled() {
    std::optional<Line> line = next();
    while (line && line->text.empty() && !line->is_too_long) line = next();
    return line;
  }
  // In the order in which they were taken.
  void put_back(std::vector<Line> lines) {
    put_back_.insert(put_back_.begin(), std::make_move_iterator(lines.begin()),
                     std::make_move_iterator(lines.end()));
  }

 private:
  static void look_at_mark(std::string& text) {
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
      throw ImportFileFault("the file is UTF-16; it must be UTF-8");
    if (text.starts_with(kUtf8Mark)) text.erase(0, kUtf8Mark.size());
  }

  LineReader& reader_;
  std::deque<Line> put_back_;
};

class CsvReader final : public ImportReader {
 public:
  explicit CsvReader(LineReader& reader) : lines_(reader) { read_header(); }

  std::optional<ImportEntry> next() override {
    std::optional<Line> line = lines_.next_filled();
    if (!line) return std::nullopt;
    ImportEntry entry{.line = line->number, .fault = std::nullopt, .fields = {}};
    if (line->is_too_long) {
      entry.fault = too_long();
      return entry;
    }
    CsvRecord record = read_record(std::move(line->text));
    if (record.fault) {
      entry.fault = *record.fault == CsvFault::kOpenQuote
                        ? ImportFault{"open_quote", "has a quote that is not closed"}
                        : ImportFault{"bad_quote", "has a quote in the middle of a field"};
    } else if (record.fields.size() != columns_.size()) {
      entry.fault = ImportFault{"wrong_columns", "has " + std::to_string(record.fields.size()) +
                                                     " fields and the header has " +
                                                     std::to_string(columns_.size())};
    }
    for (std::size_t i = 0; i < columns_.size() && !entry.fault; ++i) {
      entry.fault = fault_of_text(record.fields[i]);
      if (!record.fields[i].empty()) entry.fields.*columns_[i]->field = std::move(record.fields[i]);
    }
    return entry;
  }

 private:
  // A record goes on over line ends that stand in quotes. If the quote is not closed within the
  // bound, it is the first line that is wrong, and the others are read as lines of their own.
  CsvRecord read_record(std::string text) {
    CsvRecord record = parse_csv_record(text);
    std::vector<Line> taken;
    while (record.fault == CsvFault::kOpenQuote) {
      std::optional<Line> line = lines_.next();
      if (!line) break;
      text += '\n' + line->text;
      const bool is_over =
          line->is_too_long || text.size() > kMaxLineBytes || taken.size() + 2 > kMaxLinesOfRecord;
      taken.push_back(std::move(*line));
      if (is_over) break;
      record = parse_csv_record(text);
    }
    if (record.fault) lines_.put_back(std::move(taken));
    return record;
  }

  void read_header() {
    const std::optional<Line> line = lines_.next_filled();
    if (!line)
      throw ImportFileFault("the file is empty: a header with the names of columns comes first");
    const CsvRecord header = parse_csv_record(line->text);
    if (line->is_too_long || header.fault || fault_of_text(line->text))
      throw ImportFileFault("the first line is no header of a CSV file");
    for (const std::string& name : header.fields) {
      const Column* const column = find_column(name);
      if (column == nullptr) refuse_column(columns_.size());
      if (std::ranges::find(columns_, column) != columns_.end())
        throw ImportFileFault("the header names a column twice: " + std::string(column->name));
      columns_.push_back(column);
    }
    for (const Column& column : kColumns) {
      if (column.is_required && std::ranges::find(columns_, &column) == columns_.end())
        throw ImportFileFault("the header lacks the column " + std::string(column.name));
    }
  }

  Lines lines_;
  std::vector<const Column*> columns_;
};

class JsonLinesReader final : public ImportReader {
 public:
  explicit JsonLinesReader(LineReader& reader) : lines_(reader) {}

  std::optional<ImportEntry> next() override {
    const std::optional<Line> line = lines_.next_filled();
    if (!line) return std::nullopt;
    ImportEntry entry{.line = line->number, .fault = std::nullopt, .fields = {}};
    entry.fault = line->is_too_long ? too_long() : fault_of_text(line->text);
    if (entry.fault) return entry;
    try {
      read_members(base::parse_json_object(line->text, {.max_bytes = kMaxLineBytes}), entry);
    } catch (const base::Error& error) {
      entry.fault = ImportFault{"invalid_json", fault_in(error)};
    }
    return entry;
  }

 private:
  // The reader's words are for clients, about the body of a request; the fault stands at the end.
  static std::string fault_in(const base::Error& error) {
    const std::size_t colon = error.detail().find(": ");
    return "is no JSON object" + (colon == std::string::npos ? "" : error.detail().substr(colon));
  }

  static void read_members(const base::JsonObject& object, ImportEntry& entry) {
    for (const base::JsonMember& member : object.members()) {
      const auto* const column = std::ranges::find(kColumns, member.name, &Column::name);
      if (column == kColumns.end()) {
        entry.fault = ImportFault{"unknown_field", "has a field that is none"};
        return;
      }
      const bool is_switch = column->field == &ImportFields::is_active;
      if (member.kind == base::JsonKind::kNull) continue;
      if (member.kind != (is_switch ? base::JsonKind::kBoolean : base::JsonKind::kString)) {
        entry.fault = ImportFault{
            std::string(column->name) + "_wrong_type",
            std::string(column->name) + " must be " + (is_switch ? "true or false" : "a string")};
        return;
      }
      std::string text = is_switch ? (member.integer != 0 ? "true" : "false") : member.text;
      if (!text.empty()) entry.fields.*column->field = std::move(text);
    }
  }

  Lines lines_;
};

// Both take a field that begins at `at`, and leave `at` behind it.
std::optional<std::string> take_plain(std::string_view text, std::size_t& at) {
  const std::size_t begin = std::exchange(at, std::min(text.find(',', at), text.size()));
  return std::string(text.substr(begin, at - begin));
}

// nullopt: the quote is not closed.
std::optional<std::string> take_quoted(std::string_view text, std::size_t& at) {
  std::string field;
  for (++at;; ++at) {
    const std::size_t quote = text.find('"', at);
    if (quote == std::string_view::npos) return std::nullopt;
    field += text.substr(at, quote - at);
    at = quote + 1;
    if (at == text.size() || text[at] != '"') return field;
    field += '"';  // two of them stand for one
  }
}

}  // namespace

CsvRecord parse_csv_record(std::string_view text) {
  CsvRecord record;
  for (std::size_t at = 0;;) {
    const bool is_quoted = at < text.size() && text[at] == '"';
    std::optional<std::string> field = is_quoted ? take_quoted(text, at) : take_plain(text, at);
    if (!field) return {.fields = {}, .fault = CsvFault::kOpenQuote};
    const bool ends_well = at == text.size() || text[at] == ',';
    if (!ends_well || (!is_quoted && field->find('"') != std::string::npos))
      return {.fields = {}, .fault = CsvFault::kBadQuote};
    record.fields.push_back(std::move(*field));
    if (at == text.size()) return record;
    ++at;
  }
}

std::unique_ptr<ImportReader> open_import(ImportFormat format, LineReader& lines) {
  if (format == ImportFormat::kCsv) return std::make_unique<CsvReader>(lines);
  return std::make_unique<JsonLinesReader>(lines);
}

}  // namespace latchkey::service
