// SPDX-License-Identifier: Apache-2.0
#pragma once

// One line on a terminal that says how far a long command has come. Where there is no terminal,
// nothing is written.
//
// Runs on the command line. No failures.

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace latchkey::cli {

class Progress {
 public:
  // Both outlive it. `out` is a terminal or not.
  Progress(std::FILE* out, const base::Clock& clock);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // Takes the line away.
  ~Progress() { clear(); }

  // Writes the line anew, though not more often than the eye can follow.
  void show(std::string_view line);
  // Before anything else is written to the terminal.
  void clear();

 private:
  std::FILE* out_;
  const base::Clock& clock_;
  bool is_terminal_;
  bool is_shown_ = false;
  std::int64_t last_ms_ = 0;
};

// "[########............]  42%" of `done` in `total`; a total of 0 is done.
std::string bar(std::int64_t done, std::int64_t total);

// 1234567 as "1,234,567".
std::string grouped(std::int64_t number);

}  // namespace latchkey::cli
