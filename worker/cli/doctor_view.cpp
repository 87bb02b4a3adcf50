// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_view.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/json_writer.h"

namespace latchkey::cli {
namespace {

struct MarkRow {
  std::string_view word;    // for programs
  std::string_view shown;   // for people, all of one width
  std::string_view colour;  // ECMA-48, "Select Graphic Rendition"
};

MarkRow row_of(Mark mark) {
  switch (mark) {
    case Mark::kOk:
      return {"ok", "ok      ", "\033[32m"};
    case Mark::kWarning:
      return {"warning", "WARNING ", "\033[33m"};
    case Mark::kFailure:
      return {"failure", "FAILURE ", "\033[1;31m"};
    case Mark::kCouldNotAsk:
      return {"could_not_ask", "NO REPLY", "\033[35m"};
  }
  return {};
}

constexpr std::string_view kPlain = "\033[0m";
constexpr std::size_t kCheckWidth = 15;

std::string shown(Mark mark, bool in_colour) {
  const MarkRow row = row_of(mark);
  if (!in_colour) return std::string(row.shown);
  return std::string(row.colour) + std::string(row.shown) + std::string(kPlain);
}

// Words of a server or a certificate must not speak to the terminal.
std::string printable(std::string_view text) {
  std::string out(text);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  std::ranges::replace_if(out, is_control, ' ');
  return out;
}

std::string padded(std::string_view text) {
  std::string out(text);
  out.append(out.size() < kCheckWidth ? kCheckWidth - out.size() : 1, ' ');
  return out;
}

std::string several(std::size_t number, std::string_view one, std::string_view more) {
  return std::to_string(number) + ' ' + std::string(number == 1 ? one : more);
}

std::string summary(const Report& report) {
  std::string line = several(count(report, Mark::kFailure), "failure", "failures") + ", " +
                     several(count(report, Mark::kWarning), "warning", "warnings") + ", " +
                     std::to_string(count(report, Mark::kOk)) + " ok";
  if (const std::size_t unanswered = count(report, Mark::kCouldNotAsk); unanswered != 0)
    line += ", " + std::to_string(unanswered) + " could not be asked";
  return line + ".\n";
}

}  // namespace

std::size_t count(const Report& report, Mark mark) {
  std::size_t number = 0;
  for (const Area& area : report)
    number += static_cast<std::size_t>(std::ranges::count(area.findings, mark, &Finding::mark));
  return number;
}

bool is_healthy(const Report& report) {
  return count(report, Mark::kFailure) == 0 && count(report, Mark::kCouldNotAsk) == 0;
}

std::string doctor_text(const Report& report, bool in_colour) {
  const std::string margin(2 + row_of(Mark::kOk).shown.size() + 2 + kCheckWidth, ' ');
  std::string text;
  for (const Area& area : report) {
    if (area.findings.empty()) continue;
    text += std::string(area.name) + '\n';
    for (const Finding& finding : area.findings) {
      text += "  " + shown(finding.mark, in_colour) + "  " + padded(finding.check) +
              printable(finding.found) + '\n';
      if (!finding.advice.empty()) text += margin + "Do: " + printable(finding.advice) + '\n';
    }
    text += '\n';
  }
  return text + summary(report);
}

std::string doctor_json(const Report& report) {
  std::string text;
  base::JsonWriter json(text);
  const auto total = [&](std::string_view name, Mark mark) {
    json.key(name).integer(static_cast<std::int64_t>(count(report, mark)));
  };
  json.begin_object().key("findings").begin_array();
  for (const Area& area : report) {
    for (const Finding& finding : area.findings) {
      json.begin_object().key("area").string(area.name).key("check").string(finding.check);
      json.key("status").string(row_of(finding.mark).word).key("found").string(finding.found);
      json.key("advice").string(finding.advice).end_object();
    }
  }
  json.end_array();
  total("failures", Mark::kFailure);
  total("warnings", Mark::kWarning);
  total("could_not_ask", Mark::kCouldNotAsk);
  json.end_object();
  return text + '\n';
}

}  // namespace latchkey::cli
