// SPDX-License-Identifier: Apache-2.0
#include "cli/status_view.h"

#include <array>
#include <cstdint>
#include <cstdio>

#include "base/json_writer.h"

namespace latchkey::cli {
namespace {

std::string seconds(std::int64_t milliseconds) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%lld.%lld s",
                                 static_cast<long long>(milliseconds / 1000),
                                 static_cast<long long>(milliseconds % 1000 / 100));
  return {text.data(), static_cast<std::size_t>(size)};
}

// What the state means for the next call.
std::string explain(const BreakerStatus& breaker) {
  const shm::BreakerView& view = breaker.view;
  switch (view.state) {
    case shm::BreakerState::kClosed:
      return "closed, " + std::to_string(view.failures) + " of " +
             std::to_string(breaker.options.threshold) + " failures in a row";
    case shm::BreakerState::kOpen:
      if (view.remaining_ms == 0) return "open, the next call is a probe";
      return "open, refuses every call for another " + seconds(view.remaining_ms);
    case shm::BreakerState::kHalfOpen:
      return "half open, " + std::to_string(view.probes) + " of " +
             std::to_string(breaker.options.half_open_max_calls) + " probes under way";
  }
  return "unknown";
}

std::string times(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " time" : " times");
}

}  // namespace

std::string status_table(const Status& status) {
  std::string text = "Shared segment  " + status.segment_path + '\n';
  for (const BreakerStatus& breaker : status.breakers) {
    const shm::BreakerView& view = breaker.view;
    text += "Breaker         " + std::string(breaker.name) + ": " + explain(breaker) + '\n';
    text += "                opened " + times(view.opened) + ", half-opened " +
            times(view.half_opened) + ", closed " + times(view.closed) + ", reset by hand " +
            times(view.reset) + '\n';
    text += "                calls refused: " + std::to_string(view.refused) +
            ", probes lost: " + std::to_string(view.probes_lost) + '\n';
  }
  return text;
}

std::string status_json(const Status& status) {
  std::string text;
  base::JsonWriter json(text);
  const auto count = [&json](std::string_view name, std::uint64_t number) {
    json.key(name).integer(static_cast<std::int64_t>(number));
  };
  json.begin_object().key("segment").string(status.segment_path).key("breakers").begin_array();
  for (const BreakerStatus& breaker : status.breakers) {
    const shm::BreakerView& view = breaker.view;
    json.begin_object();
    json.key("name").string(breaker.name).key("state").string(shm::name_of(view.state));
    count("failures", view.failures);
    count("threshold", breaker.options.threshold);
    count("probes", view.probes);
    count("half_open_max_calls", breaker.options.half_open_max_calls);
    json.key("remaining_ms").integer(view.remaining_ms);
    count("opened", view.opened);
    count("half_opened", view.half_opened);
    count("closed", view.closed);
    count("reset", view.reset);
    count("probes_lost", view.probes_lost);
    count("refused", view.refused);
    json.end_object();
  }
  json.end_array().end_object();
  return text + '\n';
}

}  // namespace latchkey::cli
