// SPDX-License-Identifier: Apache-2.0
#include "base/timestamp.h"

#include <chrono>
#include <string_view>

namespace latchkey::base {
namespace {

// Writes `value` with leading zeros into the `digits` characters that end before `end`.
void put_digits(char* end, unsigned value, int digits) {
  for (int i = 0; i < digits; ++i) {
    *--end = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

// Takes things off the front of a text; once something was not there, nothing else is.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool is_at_end() const { return is_good_ && text_.empty(); }

  bool take_one_of(std::string_view characters) {
    if (text_.empty() || characters.find(text_.front()) == std::string_view::npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect_one_of(std::string_view characters) {
    is_good_ = take_one_of(characters) && is_good_;
  }
  // Exactly so many digits.
  unsigned number(std::size_t digits) {
    unsigned value = 0;
    for (; digits > 0; --digits) {
      const bool is_digit = !text_.empty() && text_.front() >= '0' && text_.front() <= '9';
      is_good_ = is_good_ && is_digit;
      if (!is_good_) return 0;
      value = value * 10 + static_cast<unsigned>(text_.front() - '0');
      text_.remove_prefix(1);
    }
    return value;
  }
  // The digits of a fraction of a second, in milliseconds.
  unsigned fraction() {
    unsigned value = number(1) * 100;
    for (unsigned unit = 10; starts_with_digit(); unit /= 10) value += number(1) * unit;
    return value;
  }
  [[nodiscard]] bool starts_with_digit() const {
    return !text_.empty() && text_.front() >= '0' && text_.front() <= '9';
  }
  [[nodiscard]] bool starts_with(char character) const { return text_.starts_with(character); }

 private:
  std::string_view text_;
  bool is_good_ = true;
};

// "Z", "+01", "-0330" or "+05:45", in minutes.
int take_offset(Scanner& scan) {
  if (scan.take_one_of("Zz")) return 0;
  const int sign = scan.starts_with('-') ? -1 : 1;
  scan.expect_one_of("+-");
  const unsigned hours = scan.number(2);
  unsigned minutes = 0;
  if (scan.take_one_of(":") || scan.starts_with_digit()) minutes = scan.number(2);
  if (hours > 23 || minutes > 59) scan.expect_one_of("");
  return sign * static_cast<int>(hours * 60 + minutes);
}

}  // namespace

// By hand rather than by strftime: it stands in every log line and every user of a response, and
// strftime takes locale and time zone from the process.
std::string format_timestamp(std::int64_t epoch_ms) {
  namespace chrono = std::chrono;
  const chrono::sys_time<chrono::milliseconds> point{chrono::milliseconds{epoch_ms}};
  const auto day = chrono::floor<chrono::days>(point);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss time{point - day};

  std::string text = "0000-00-00T00:00:00.000Z";
  put_digits(&text[4], static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put_digits(&text[7], static_cast<unsigned>(date.month()), 2);
  put_digits(&text[10], static_cast<unsigned>(date.day()), 2);
  put_digits(&text[13], static_cast<unsigned>(time.hours().count()), 2);
  put_digits(&text[16], static_cast<unsigned>(time.minutes().count()), 2);
  put_digits(&text[19], static_cast<unsigned>(time.seconds().count()), 2);
  put_digits(&text[23], static_cast<unsigned>(time.subseconds().count()), 3);
  return text;
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  namespace chrono = std::chrono;
  Scanner scan(text);
  const unsigned year = scan.number(4);
  scan.expect_one_of("-");
  const unsigned month = scan.number(2);
  scan.expect_one_of("-");
  const unsigned day = scan.number(2);
  scan.expect_one_of("Tt ");
  const unsigned hour = scan.number(2);
  scan.expect_one_of(":");
  const unsigned minute = scan.number(2);
  scan.expect_one_of(":");
  const unsigned second = scan.number(2);
  const unsigned millisecond = scan.take_one_of(".") ? scan.fraction() : 0;
  const int offset = take_offset(scan);
  const chrono::year_month_day date{chrono::year{static_cast<int>(year)}, chrono::month{month},
                                    chrono::day{day}};
  if (!scan.is_at_end() || !date.ok() || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  const chrono::sys_time<chrono::milliseconds> point =
      chrono::sys_days{date} + chrono::hours{hour} + chrono::minutes{minute} +
      chrono::seconds{second} + chrono::milliseconds{millisecond} - chrono::minutes{offset};
  const std::int64_t epoch_ms = point.time_since_epoch().count();
  return epoch_ms < 0 ? std::nullopt : std::optional(epoch_ms);
}

}  // namespace latchkey::base
