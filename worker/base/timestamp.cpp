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

}  // namespace latchkey::base
