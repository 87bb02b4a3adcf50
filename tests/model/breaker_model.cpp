// SPDX-License-Identifier: Apache-2.0

// Checks the circuit breaker exhaustively: checker.h says what is explored and which properties
// hold. Then it checks the checker: each canary has a fault that must be found.
//
// Exit status 0 if the breaker is right and every canary is caught.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "canaries.h"
#include "checker.h"

namespace {

using latchkey::model::Canary;
using latchkey::model::Result;
using latchkey::shm::BreakerOptions;

struct Waits {
  std::int64_t timeout_ms;
  std::int64_t lease_ms;
};

BreakerOptions options_of(std::uint32_t threshold, std::uint32_t probes, const Waits& waits) {
  return {.threshold = threshold,
          .timeout_ms = waits.timeout_ms,
          .half_open_max_calls = probes,
          .lease_ms = waits.lease_ms};
}

void print_trace(const Result& result) {
  for (const std::string& step : result.trace) {
    std::printf("    %s\n", step.c_str());
  }
}

bool check_breaker(std::size_t workers, const BreakerOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const Result result = latchkey::model::explore({.workers = workers, .options = options});
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  std::printf("%zu workers, threshold %u, timeout %d, probes %u, lease %d: %zu states, %.1f s\n",
              workers, options.threshold, static_cast<int>(options.timeout_ms),
              options.half_open_max_calls, static_cast<int>(options.lease_ms), result.states,
              elapsed.count());
  if (!result.violation.empty()) {
    std::printf("  VIOLATED: %s\n", result.violation.c_str());
    print_trace(result);
    return false;
  }
  // A model in which something never happens would prove nothing about it.
  const bool is_complete =
      std::ranges::all_of(result.transitions, [](std::size_t times) { return times > 0; }) &&
      (workers == 1 || result.failed_exchanges > 0);
  if (!is_complete) {
    std::printf("  VIOLATED: a transition or a failed exchange never happened\n");
  }
  return is_complete;
}

bool check_canary(const Canary& canary) {
  const Result result = explore(canary.system);
  std::printf("canary that %s: %s after %zu states, %zu steps\n", canary.fault.c_str(),
              result.violation.empty() ? "NOT CAUGHT" : result.violation.c_str(), result.states,
              result.trace.size());
  return !result.violation.empty();
}

}  // namespace

int main() {
  bool is_right = true;
  for (const std::uint32_t threshold : {1U, 2U, 3U}) {
    for (const std::uint32_t probes : {1U, 2U, 3U}) {
      // A lease longer than the timeout, and the other way round.
      for (const Waits& waits : {Waits{1, 2}, Waits{2, 1}, Waits{3, 2}}) {
        is_right = check_breaker(2, options_of(threshold, probes, waits)) && is_right;
      }
    }
  }
  for (const std::uint32_t probes : {1U, 2U}) {
    for (const Waits& waits : {Waits{1, 2}, Waits{2, 1}}) {
      is_right = check_breaker(3, options_of(2, probes, waits)) && is_right;
    }
  }
  for (const Canary& canary : latchkey::model::canaries()) {
    is_right = check_canary(canary) && is_right;
  }
  std::puts(is_right ? "the breaker holds every property" : "FAILED");
  return is_right ? 0 : 1;
}
