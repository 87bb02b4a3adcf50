// SPDX-License-Identifier: Apache-2.0
#include "config/spelling.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include "config/rows.h"

namespace latchkey::config {
namespace {

constexpr std::size_t kMaxShownBytes = 64;

// How many letters must be put in, left out or changed to make one of the other (Levenshtein).
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t changed = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string in_upper_case(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return upper;
}

}  // namespace

std::string nearest(std::string_view name, const std::vector<std::string_view>& candidates) {
  const std::string_view compared = name.substr(0, kMaxShownBytes);
  std::string_view found;
  std::size_t least = compared.size() / 3 + 1;  // further apart is another word
  for (const std::string_view candidate : candidates) {
    const std::size_t apart = distance(compared, candidate);
    if (apart < least) {
      found = candidate;
      least = apart;
    }
  }
  return std::string(found);
}

std::string unknown_name(std::string_view name) {
  const std::string shown(name.substr(0, kMaxShownBytes));
  std::vector<std::string_view> names;
  for (const Row& row : rows()) {
    if (row.is_listed()) names.push_back(row.name);
  }
  const std::string meant = nearest(in_upper_case(shown), names);
  return shown + ", which is no setting" + (meant.empty() ? "" : "; did you mean " + meant + '?');
}

}  // namespace latchkey::config
