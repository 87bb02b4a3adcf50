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

std::string unknown_name(std::string_view name) {
  const std::string shown(name.substr(0, kMaxShownBytes));
  const std::string compared = in_upper_case(shown);
  const Row* nearest = nullptr;
  std::size_t least = shown.size() / 3 + 1;  // further apart is another word
  for (const Row& row : rows()) {
    const std::size_t apart = distance(compared, row.name);
    if (row.is_listed() && apart < least) {
      nearest = &row;
      least = apart;
    }
  }
  std::string text = shown + ", which is no setting";
  if (nearest != nullptr) text += "; did you mean " + std::string(nearest->name) + "?";
  return text;
}

}  // namespace latchkey::config
