// SPDX-License-Identifier: Apache-2.0
#include "config/display.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "config/rows.h"
#include "config/values.h"

namespace latchkey::config {
namespace {

constexpr std::size_t kTextWidth = 78;

std::string_view name_of(Source source) {
  switch (source) {
    case Source::kDefault:
      return "default";
    case Source::kFile:
      return "file";
    case Source::kCredential:
      return "credential";
    case Source::kEnvironment:
      return "environment";
  }
  return {};
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  if (out.size() < width) out.append(width - out.size(), ' ');
  return out;
}

// `text` in lines that begin with `margin`, broken between words.
std::string wrap(std::string_view text, std::string_view margin) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (column == 0 || column + 1 + word.size() > kTextWidth) {
      if (column != 0) out += '\n';
      out += margin;
      out += word;
      column = margin.size() + word.size();
    } else {
      out += ' ';
      out += word;
      column += 1 + word.size();
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out + "\n";
}

std::string describe_default(const Row& row) {
  if (row.is_required()) return "Required.";
  if (row.default_text->empty()) return "Default: empty.";
  return "Default: " + std::string(*row.default_text) + ".";
}

// Calls `visit` for each listed row, and `begin_group` before the first of each group.
template <typename BeginGroup, typename Visit>
void for_each_listed(BeginGroup begin_group, Visit visit) {
  std::string_view group;
  for (const Row& row : rows()) {
    if (!row.is_listed()) continue;
    if (row.group != group) begin_group(row.group);
    group = row.group;
    visit(row);
  }
}

}  // namespace

std::string show_settings(const Settings& settings) {
  std::size_t name_width = 0;
  for (const Provenance& entry : settings.provenance) {
    name_width = std::max(name_width, entry.name.size());
  }
  std::string out;
  for (const Provenance& entry : settings.provenance) {
    out += padded(entry.name, name_width) + "  " +
           padded(name_of(entry.source), name_of(Source::kEnvironment).size()) + "  " +
           (entry.shown.empty() ? "(empty)" : entry.shown) + "\n";
  }
  for (const std::string& warning : settings.warnings) out += "warning: " + warning + "\n";
  return out;
}

std::string settings_for_scripts(const Settings& settings) {
  std::string out;
  for (const Provenance& entry : settings.provenance) {
    const Row* const row = find_row(entry.name);
    if (row == nullptr || row->is_secret()) continue;
    out += std::string(entry.name) + "=" + entry.shown + "\n";
  }
  return out;
}

std::string list_settings() {
  std::string out;
  for_each_listed(
      [&out](std::string_view group) {
        if (!out.empty()) out += "\n";
        out += std::string(group) + "\n";
      },
      [&out](const Row& row) {
        out += "  " + std::string(row.name) + "\n";
        out += wrap(row.help, "      ");
        out += wrap("Allowed: " + allowed(row) + ". " + describe_default(row), "      ");
      });
  return out;
}

std::string env_example() {
  std::string out = wrap(
      "Settings of Latchkey. A line that is commented out shows the default. A variable of the "
      "same name in the environment wins over this file, and so does a credential of systemd. "
      "Values may stand in double quotes, where \\\" is a quote and \\\\ a backslash.",
      "# ");
  for_each_listed(
      [&out](std::string_view group) { out += "\n# ---- " + std::string(group) + " ----\n"; },
      [&out](const Row& row) {
        out += "\n";
        out += wrap(row.help, "# ");
        out += wrap("Allowed: " + allowed(row) + ". " + describe_default(row), "# ");
        if (row.is_required()) {
          out += std::string(row.name) + "=" + std::string(row.example) + "\n";
        } else {
          out += "#" + std::string(row.name) + "=" + std::string(*row.default_text) + "\n";
        }
      });
  return out;
}

}  // namespace latchkey::config
