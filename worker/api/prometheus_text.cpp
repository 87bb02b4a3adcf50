// SPDX-License-Identifier: Apache-2.0
#include "api/prometheus_text.h"

namespace latchkey::api {

std::string format_seconds(std::uint64_t microseconds) {
  constexpr std::uint64_t kMicrosecondsPerSecond = 1'000'000;
  std::string text = std::to_string(microseconds / kMicrosecondsPerSecond);
  const std::uint64_t rest = microseconds % kMicrosecondsPerSecond;
  if (rest == 0) return text;
  std::string fraction = std::to_string(kMicrosecondsPerSecond + rest).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return text + '.' + fraction;
}

void PrometheusText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void PrometheusText::begin(const Labels& labels, std::string_view suffix) {
  text_.append(name_).append(suffix);
  char opening = '{';
  for (const auto& [name, value] : labels) {
    text_ += opening;
    text_.append(name).append("=\"").append(value).append("\"");
    opening = ',';
  }
  if (!labels.empty()) text_ += '}';
  text_ += ' ';
}

void PrometheusText::sample(const Labels& labels, std::uint64_t value, std::string_view suffix) {
  begin(labels, suffix);
  text_.append(std::to_string(value)).append("\n");
}

void PrometheusText::seconds(const Labels& labels, std::uint64_t microseconds,
                             std::string_view suffix) {
  begin(labels, suffix);
  text_.append(format_seconds(microseconds)).append("\n");
}

}  // namespace latchkey::api
