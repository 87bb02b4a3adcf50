// SPDX-License-Identifier: Apache-2.0
#pragma once

// A string that must not outlive its use or appear anywhere: passwords, keys, tokens, connection
// strings.
//
// It wipes its memory when it dies or is moved from, has no stream operator, no conversion to
// std::string, and can only be looked at through reveal(), which is easy to find in a review.
//
// Runs in every process. Move-only: each copy would be one more place to wipe.

#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey::base {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text);
  // Takes the text over and wipes where it came from.
  explicit Secret(std::string&& text);
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  [[nodiscard]] std::string_view reveal() const { return text_; }
  // Terminated by NUL, for C interfaces.
  [[nodiscard]] const char* reveal_c_str() const { return text_.c_str(); }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] std::size_t size() const { return text_.size(); }
  [[nodiscard]] Secret clone() const { return Secret(std::string_view(text_)); }

 private:
  std::string text_;
};

// Overwrites the whole buffer of a string, then empties it.
void wipe(std::string& text) noexcept;

}  // namespace latchkey::base
