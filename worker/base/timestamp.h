// SPDX-License-Identifier: Apache-2.0
#pragma once

// Points in time as text: RFC 3339, UTC, milliseconds ("2026-02-19T10:30:45.123Z").
//
// Runs in every process. No failures for the years 1970 to 9999.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::base {

// `epoch_ms`: milliseconds since 1970-01-01T00:00:00Z.
std::string format_timestamp(std::int64_t epoch_ms);

// Milliseconds since 1970-01-01T00:00:00Z of a date and time with its distance from UTC, as RFC
// 3339 and the databases write it: "2026-02-19T10:30:45Z", "2026-02-19 10:30:45.123456+01". Digits
// after the third are dropped. nullopt for any other text, a day that no calendar has, a year
// before 1970 and a leap second.
std::optional<std::int64_t> parse_timestamp(std::string_view text);

}  // namespace latchkey::base
