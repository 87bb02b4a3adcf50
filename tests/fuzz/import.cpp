// SPDX-License-Identifier: Apache-2.0
//
// Files of users. Every line that is not empty is taken, refused by its number, or part of a record
// that began before it; what is taken obeys the rules of registration, and nothing of a line is
// shown in its fault.
#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "base/utf8.h"
#include "check.h"
#include "service/import_reader.h"
#include "service/user_import.h"

using latchkey::fuzz::claim;
using latchkey::service::ImportEntry;
using latchkey::service::ImportFormat;

namespace {

constexpr std::int64_t kNowMs = 1'800'000'000'000;

// The numbers of the lines that say something.
std::vector<std::int64_t> filled_lines(std::string_view text) {
  std::vector<std::int64_t> numbers;
  for (std::int64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    if (!line.empty()) numbers.push_back(number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return numbers;
}

void check_entry(ImportEntry entry) {
  if (entry.fault) {
    claim(!entry.fault->code.empty() && entry.fault->message.size() < 160,
          "a fault has a code and does not repeat the line");
    return;
  }
  for (const auto* const field :
       {&entry.fields.email, &entry.fields.username, &entry.fields.password_hash,
        &entry.fields.is_active, &entry.fields.created_at}) {
    if (!*field) continue;
    claim(!(*field)->empty() && latchkey::base::is_valid_utf8(**field) &&
              (*field)->find('\0') == std::string::npos,
          "a field is UTF-8 without NUL, and not empty");
  }
  const auto verdict = latchkey::service::judge(std::move(entry.fields), kNowMs);
  if (const auto* const fault = std::get_if<latchkey::service::ImportFault>(&verdict)) {
    claim(!fault->code.empty() && fault->message.size() < 160, "a verdict shows nothing of it");
  }
}

// JSON lines: one line, one entry. CSV: the header is none, and a good record may have taken lines
// with it; one whose quote is never closed has not.
void check_coverage(ImportFormat format, const std::vector<std::int64_t>& filled,
                    const std::vector<ImportEntry>& entries) {
  if (format == ImportFormat::kJsonLines) {
    claim(entries.size() == filled.size(), "every line is an entry");
    for (std::size_t i = 0; i < entries.size(); ++i)
      claim(entries[i].line == filled[i], "an entry has the number of its line");
    return;
  }
  auto at = std::next(filled.begin());  // the header is there, or the reader would have thrown
  for (const ImportEntry& entry : entries) {
    claim(at != filled.end() && entry.line == *at, "no line is passed over");
    ++at;
    if (entry.fault && (entry.fault->code == "open_quote" || entry.fault->code == "too_long")) {
      continue;
    }
    const auto next = std::find_if(entries.begin(), entries.end(),
                                   [&entry](const auto& other) { return other.line > entry.line; });
    const std::int64_t end = next == entries.end() ? INT64_MAX : next->line;
    at = std::lower_bound(at, filled.end(), end);
  }
  claim(at == filled.end(), "the last lines are not passed over");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = latchkey::fuzz::text_of(data, size);
  const std::size_t choice = latchkey::fuzz::take_choice(text, 4);
  const ImportFormat format = choice < 2 ? ImportFormat::kCsv : ImportFormat::kJsonLines;
  // As a pipe gives it: a few bytes at a time, or all at once.
  const std::size_t step = choice % 2 == 0 ? 7 : std::size_t{1} << 20;
  std::string_view rest = text;
  latchkey::service::LineReader lines([&rest, step](std::span<char> buffer) {
    const std::size_t count = std::min({rest.size(), buffer.size(), step});
    std::copy_n(rest.begin(), count, buffer.begin());
    rest.remove_prefix(count);
    return count;
  });
  std::vector<ImportEntry> entries;
  try {
    const auto reader = latchkey::service::open_import(format, lines);
    while (auto entry = reader->next()) {
      claim(entries.empty() || entry->line > entries.back().line, "lines come in order");
      entries.push_back(*entry);
      check_entry(std::move(*entry));
    }
  } catch (const latchkey::service::ImportFileFault&) {
    return 0;  // no file of users at all, and the operator is told so
  }
  check_coverage(format, filled_lines(text), entries);
  return 0;
}
