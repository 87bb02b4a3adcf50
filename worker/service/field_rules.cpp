// SPDX-License-Identifier: Apache-2.0
#include "service/field_rules.h"

#include <algorithm>
#include <utility>

namespace latchkey::service {
namespace {

// Not <cctype>: those depend on the locale.
bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
bool is_letter_or_digit(char byte) {
  return is_digit(byte) || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}
bool is_username_character(char byte) {
  return is_letter_or_digit(byte) || byte == '.' || byte == '_' || byte == '-';
}
// RFC 5322, section 3.2.3: atext.
bool is_atext(char byte) {
  return is_letter_or_digit(byte) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(byte) != std::string_view::npos;
}

// Calls `check` for each part between dots; false as soon as one fails.
template <typename Check>
bool all_parts(std::string_view text, Check check) {
  while (true) {
    const std::size_t dot = text.find('.');
    if (!check(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_local_part(std::string_view text) {
  return all_parts(text, [](std::string_view atom) {
    return !atom.empty() && std::all_of(atom.begin(), atom.end(), is_atext);
  });
}

bool is_label(std::string_view label) {
  return !label.empty() && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(),
                     [](char byte) { return is_letter_or_digit(byte) || byte == '-'; });
}

bool is_dotted_domain(std::string_view text) {
  const std::size_t last_dot = text.rfind('.');
  if (last_dot == std::string_view::npos) return false;
  const std::string_view top_level = text.substr(last_dot + 1);
  // An address in place of a name ends in digits only.
  return all_parts(text, is_label) && !std::all_of(top_level.begin(), top_level.end(), is_digit);
}

}  // namespace

void check_username(std::string_view username, Faults& faults) {
  if (username.size() < kMinUsernameLength) {
    faults.push_back({"username", "too_short", "must have at least 3 characters"});
  } else if (username.size() > kMaxUsernameLength) {
    faults.push_back({"username", "too_long", "must have at most 50 characters"});
  }
  const bool has_allowed_characters =
      std::all_of(username.begin(), username.end(), is_username_character);
  if (!has_allowed_characters || (!username.empty() && !is_letter_or_digit(username.front()))) {
    faults.push_back({"username", "invalid_characters",
                      "may hold ASCII letters, digits, '.', '_' and '-', and starts with a letter "
                      "or digit"});
  }
}

void check_email(std::string_view email, Faults& faults) {
  if (email.size() > kMaxEmailBytes) {
    faults.push_back({"email", "too_long", "must have at most 254 characters"});
    return;
  }
  const std::size_t at = email.find('@');
  const bool is_email = at != std::string_view::npos && is_local_part(email.substr(0, at)) &&
                        is_dotted_domain(email.substr(at + 1));
  if (!is_email) {
    faults.push_back({"email", "invalid", "must be an email address such as name@example.com"});
  }
}

void throw_if_any(Faults faults) {
  if (!faults.empty()) throw base::Error::validation(std::move(faults));
}

}  // namespace latchkey::service
