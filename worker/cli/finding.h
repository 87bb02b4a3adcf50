// SPDX-License-Identifier: Apache-2.0
#pragma once

// What one check of `latchkey doctor` found, and what is to be done about it.
//
// "No" and "could not ask" are different marks: a check that could not be made says so and why, and
// is never taken for one that went well.
//
// Runs on the command line. No failures.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::cli {

enum class Mark { kOk, kWarning, kFailure, kCouldNotAsk };

struct Finding {
  std::string_view check;  // a name for programs
  Mark mark = Mark::kOk;
  std::string found;   // a sentence
  std::string advice;  // a sentence; empty for kOk

  bool operator==(const Finding&) const = default;
};

using Findings = std::vector<Finding>;

// The findings about one thing, as "database".
struct Area {
  std::string_view name;
  Findings findings;
};

using Report = std::vector<Area>;

inline Finding ok(std::string_view check, std::string found) {
  return {check, Mark::kOk, std::move(found), {}};
}
inline Finding warning(std::string_view check, std::string found, std::string advice) {
  return {check, Mark::kWarning, std::move(found), std::move(advice)};
}
inline Finding failure(std::string_view check, std::string found, std::string advice) {
  return {check, Mark::kFailure, std::move(found), std::move(advice)};
}
inline Finding could_not_ask(std::string_view check, std::string why, std::string advice) {
  return {check, Mark::kCouldNotAsk, std::move(why), std::move(advice)};
}

}  // namespace latchkey::cli
