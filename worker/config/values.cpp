// SPDX-License-Identifier: Apache-2.0
#include "config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/json_writer.h"
#include "base/utf8.h"
#include "config/checks.h"

namespace latchkey::config {
namespace {

using std::chrono::milliseconds;

using Fault = std::optional<std::string>;

constexpr std::size_t kMaxShownBytes = 80;
constexpr std::size_t kMaxOrigins = 100;
constexpr std::int64_t kMaxDurationCount = 1'000'000'000'000;  // of any unit: no overflow in ms
constexpr int kMaxRate = 1'000'000;

struct Unit {
  std::string_view suffix;
  std::int64_t length_ms;
};

// The longest first, as format_duration tries them.
constexpr std::array kUnits{
    Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1000}, Unit{"ms", 1},
};

std::string quoted(std::string_view text) {
  std::string out;
  base::append_json_string(out, base::cut_utf8(text, kMaxShownBytes));
  if (text.size() > kMaxShownBytes) out += " (cut)";
  return out;
}

// A number of decimal digits and nothing else.
template <typename Number>
std::optional<Number> parse_digits(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string join_with_or(const std::vector<std::string_view>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

std::string_view name_of_unit(milliseconds unit) {
  switch (unit.count()) {
    case 60'000:
      return "minutes";
    case 86'400'000:
      return "days";
    default:
      return "seconds";
  }
}

// One overload of operator() per kind, in the order of rows.h: the visitors of store and allowed.
struct Storer {
  std::string_view text;
  Settings& settings;

  Fault operator()(const IntegerKind& kind) const {
    if (kind.may_be_off && text == "off") {
      settings.*kind.field = 0;
      return std::nullopt;
    }
    const auto number = parse_digits<int>(text);
    if (!number) return quoted(text) + " is not a whole number";
    if (*number < kind.min || *number > kind.max) return quoted(text) + " is out of range";
    settings.*kind.field = *number;
    return std::nullopt;
  }

  Fault operator()(const DurationKind& kind) const {
    const auto duration = parse_duration(text, kind.unit);
    if (!duration) return quoted(text) + " is not a duration";
    const bool is_off = kind.zero_is_off && *duration == milliseconds::zero();
    if (!is_off && (*duration < kind.min || *duration > kind.max)) {
      return quoted(text) + " is out of range";
    }
    if (kind.whole_seconds && duration->count() % 1000 != 0) {
      return quoted(text) + " is not a whole number of seconds";
    }
    settings.*kind.field = *duration;
    return std::nullopt;
  }

  Fault operator()(const SwitchKind& kind) const {
    const bool is_on = base::equals_ignoring_case(text, "on");
    if (!is_on && !base::equals_ignoring_case(text, "off"))
      return quoted(text) + " is not a switch";
    settings.*kind.field = is_on;
    return std::nullopt;
  }

  Fault operator()(const ChoiceKind& kind) const {
    const auto names = kind.names();
    const auto found = std::ranges::find_if(
        names, [this](std::string_view name) { return base::equals_ignoring_case(name, text); });
    if (found == names.end()) return quoted(text) + " is not known";
    kind.store(settings, static_cast<std::size_t>(found - names.begin()));
    return std::nullopt;
  }

  Fault operator()(const RateKind& kind) const {
    const auto rate = parse_rate(text);
    if (!rate) return quoted(text) + " is not a rate";
    settings.*kind.field = *rate;
    return std::nullopt;
  }

  Fault operator()(const TextKind& kind) const {
    if (const auto wrong = kind.check(text)) return quoted(text) + " " + *wrong;
    settings.*kind.field = text;
    return std::nullopt;
  }

  Fault operator()(const SecretKind& kind) const {
    if (text.empty() && !kind.may_be_empty) return "is empty";
    if (auto wrong = text.empty() ? std::nullopt : kind.check(text)) return wrong;
    settings.*kind.field = base::Secret(text);
    return std::nullopt;
  }

  Fault operator()(const OriginsKind& kind) const {
    std::vector<std::string> origins;
    std::string_view rest = trim(text);
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view origin = trim(rest.substr(0, comma));
      if (const auto wrong = check_origin(origin)) return quoted(origin) + " " + *wrong;
      if (origins.size() == kMaxOrigins) return "the list is too long";
      origins.emplace_back(origin);
      if (comma + 1 == rest.size()) return "the list ends with a comma";
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    settings.*kind.field = std::move(origins);
    return std::nullopt;
  }

  Fault operator()(const ReservedKind& /*kind*/) const {
    if (text.empty()) return std::nullopt;
    return "is not supported by this version";
  }
};

struct Describer {
  std::string operator()(const IntegerKind& kind) const {
    return (kind.may_be_off ? "off or " : "") + std::to_string(kind.min) + " to " +
           std::to_string(kind.max);
  }
  std::string operator()(const DurationKind& kind) const {
    return std::string(kind.zero_is_off ? "0 (off) or " : "") + format_duration(kind.min) + " to " +
           format_duration(kind.max) + ", with a unit (ms, s, m, h, d) or in " +
           std::string(name_of_unit(kind.unit));
  }
  std::string operator()(const SwitchKind& /*kind*/) const { return "on or off"; }
  std::string operator()(const ChoiceKind& kind) const { return join_with_or(kind.names()); }
  std::string operator()(const RateKind& /*kind*/) const {
    return "off, or a number with r/s or r/m, such as 10r/m";
  }
  std::string operator()(const TextKind& kind) const { return std::string(kind.allowed); }
  std::string operator()(const SecretKind& kind) const { return std::string(kind.allowed); }
  std::string operator()(const OriginsKind& /*kind*/) const {
    return "scheme://host or scheme://host:port, several separated by commas";
  }
  std::string operator()(const ReservedKind& /*kind*/) const { return "only empty"; }
};

}  // namespace

std::optional<std::string> store(const Row& row, std::string_view text, Settings& settings) {
  return std::visit(Storer{text, settings}, row.kind);
}

std::string allowed(const Row& row) { return std::visit(Describer{}, row.kind); }

std::optional<milliseconds> parse_duration(std::string_view text, milliseconds unit) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_digits<std::int64_t>(text.substr(0, digits));
  if (!count || *count > kMaxDurationCount / unit.count()) return std::nullopt;
  const std::string_view suffix = text.substr(digits);
  if (suffix.empty()) return *count * unit;
  const auto* found = std::ranges::find(kUnits, suffix, &Unit::suffix);
  if (found == kUnits.end() || *count > kMaxDurationCount / found->length_ms) return std::nullopt;
  return milliseconds(*count * found->length_ms);
}

std::string format_duration(milliseconds duration) {
  for (const Unit& unit : kUnits) {
    if (duration.count() % unit.length_ms == 0 && duration.count() != 0) {
      return std::to_string(duration.count() / unit.length_ms) + std::string(unit.suffix);
    }
  }
  return "0";
}

std::optional<Rate> parse_rate(std::string_view text) {
  if (text == "off") return Rate{};  // as nginx would read it, so in lower case only
  const bool per_second = text.ends_with("r/s");
  if (!per_second && !text.ends_with("r/m")) return std::nullopt;
  const auto number = parse_digits<int>(text.substr(0, text.size() - 3));
  if (!number || *number < 1 || *number > kMaxRate) return std::nullopt;
  return Rate{.requests_per_minute = per_second ? *number * 60 : *number};
}

}  // namespace latchkey::config
