// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <cstring>
#include <utility>

namespace latchkey::base {

void wipe(std::string& text) noexcept {
  // Up to the capacity: a string that was longer before still has its tail there.
  text.resize(text.capacity());
  explicit_bzero(text.data(), text.size());
  text.clear();
}

Secret::Secret(std::string_view text) : text_(text) {}

Secret::Secret(std::string&& text) : text_(text) { wipe(text); }

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe(text_);
    text_ = std::move(other.text_);
    wipe(other.text_);
  }
  return *this;
}

Secret::~Secret() { wipe(text_); }

}  // namespace latchkey::base
