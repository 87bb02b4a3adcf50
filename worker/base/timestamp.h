// SPDX-License-Identifier: Apache-2.0
#pragma once

// Points in time as text: RFC 3339, UTC, milliseconds ("2026-02-19T10:30:45.123Z").
//
// Runs in every process. No failures for the years 1970 to 9999.

#include <cstdint>
#include <string>

namespace latchkey::base {

// `epoch_ms`: milliseconds since 1970-01-01T00:00:00Z.
std::string format_timestamp(std::int64_t epoch_ms);

}  // namespace latchkey::base
