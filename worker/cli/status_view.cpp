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

// "3d 4h", "12m 5s", "0.8 s": two units at most.
std::string age(std::int64_t milliseconds) {
  const std::int64_t total = milliseconds / 1000;
  if (total < 60) return seconds(milliseconds);
  const auto two = [](std::int64_t more, const char* unit, std::int64_t less, const char* part) {
    return std::to_string(more) + unit + ' ' + std::to_string(less) + part;
  };
  if (total < 3600) return two(total / 60, "m", total % 60, "s");
  if (total < 86'400) return two(total / 3600, "h", total % 3600 / 60, "m");
  return two(total / 86'400, "d", total % 86'400 / 3600, "h");
}

std::string worker_line(std::string_view name, std::string_view pid, std::string_view state,
                        std::string_view since, std::string_view requests, std::string_view age) {
  std::array<char, 160> line{};
  const auto width = [](std::string_view text) { return static_cast<int>(text.size()); };
  const int size = std::snprintf(
      line.data(), line.size(), "%-10.*s %8.*s  %-8.*s %10.*s %12.*s %12.*s\n", width(name),
      name.data(), width(pid), pid.data(), width(state), state.data(), width(since), since.data(),
      width(requests), requests.data(), width(age), age.data());
  return {line.data(), static_cast<std::size_t>(size)};
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
  const Traffic& traffic = status.traffic;
  text += "Traffic         " +
          (traffic.over_ms == 0 ? "since the segment was made" : "of " + age(traffic.over_ms)) +
          "\n\n" + traffic_table(traffic) + '\n';
  if (status.workers.empty()) return text + "No worker is there.\n";
  text += worker_line("WORKER", "PID", "STATE", "FOR", "REQUESTS", "AGE");
  for (const shm::WorkerView& worker : status.workers) {
    const std::string name =
        std::string(shm::name_of_pool(worker.pool)) + '/' + std::to_string(worker.slot);
    text += worker_line(name, std::to_string(worker.pid), shm::name_of(worker.state),
                        age(worker.state_ms), std::to_string(worker.requests), age(worker.age_ms));
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
  json.end_array().key("workers").begin_array();
  for (const shm::WorkerView& worker : status.workers) {
    json.begin_object();
    json.key("pool").string(shm::name_of_pool(worker.pool));
    count("slot", worker.slot);
    json.key("pid").integer(worker.pid);
    json.key("state").string(shm::name_of(worker.state));
    json.key("state_ms").integer(worker.state_ms);
    json.key("age_ms").integer(worker.age_ms);
    count("requests", worker.requests);
    json.end_object();
  }
  json.end_array().key("traffic").begin_object();
  write_traffic(json, status.traffic);
  json.end_object().end_object();
  return text + '\n';
}

}  // namespace latchkey::cli
