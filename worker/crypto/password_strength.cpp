// SPDX-License-Identifier: Apache-2.0
#include "crypto/password_strength.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>
#include <zxcvbn.h>

#include "base/secret.h"

namespace latchkey::crypto {
namespace {

constexpr std::array kBitsOfScores{9.966, 19.932, 26.575, 33.219};  // log2 of 10^3, 10^6, ...

}  // namespace

int password_score(std::string_view password, std::span<const std::string_view> words) {
  const base::Secret judged(password.substr(0, kMaxJudgedBytes));
  std::vector<std::string> texts;
  for (const std::string_view word : words) {
    if (!word.empty()) texts.emplace_back(word.substr(0, kMaxJudgedBytes));
  }
  std::vector<const char*> dictionary;
  dictionary.reserve(texts.size() + 1);
  for (const std::string& text : texts) dictionary.push_back(text.c_str());
  dictionary.push_back(nullptr);
  const double bits = ZxcvbnMatch(judged.reveal_c_str(), dictionary.data(), nullptr);
  return static_cast<int>(
      std::ranges::count_if(kBitsOfScores, [bits](double least) { return bits >= least; }));
}

}  // namespace latchkey::crypto
