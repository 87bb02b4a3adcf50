// SPDX-License-Identifier: Apache-2.0
//
// The rules of email, username and password. What passes obeys the sentences of docs/api.md,
// written here a second time in another way; what does not pass is not repeated in the fault.
#include "service/field_rules.h"

#include <algorithm>
#include <string>

#include "base/utf8.h"
#include "check.h"
#include "service/password_policy.h"

using latchkey::fuzz::claim;
using latchkey::service::Faults;

namespace {

bool has(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

void check_faults(const Faults& faults) {
  for (const auto& fault : faults) {
    claim(!fault.code.empty() && fault.message.size() < 120, "a fault does not repeat the value");
  }
}

void check_email(std::string_view email) {
  Faults faults;
  latchkey::service::check_email(email, faults);
  check_faults(faults);
  if (!faults.empty()) return;
  claim(email.size() >= 5 && email.size() <= 254, "an email has 5 to 254 bytes");
  claim(std::ranges::all_of(email, [](char c) { return c > 0x20 && c < 0x7F; }),
        "an email is printable ASCII without spaces");
  claim(std::ranges::count(email, '@') == 1, "an email has one @");
  const std::string_view domain = email.substr(email.find('@') + 1);
  claim(!domain.empty() && has(domain, "."), "an email has a dotted domain");
  claim(!has(email, "..") && !has(email, ".@") && !has(email, "@.") && email.front() != '.' &&
            email.back() != '.',
        "no part of an email is empty");
  claim(domain.find_first_of("_!#$%&'*+/=?^`{|}~<>\"\\()[],;:") == std::string_view::npos,
        "a domain has letters, digits, dots and hyphens");
}

void check_username(std::string_view username) {
  Faults faults;
  latchkey::service::check_username(username, faults);
  check_faults(faults);
  if (!faults.empty()) return;
  constexpr std::string_view kFirst =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  claim(username.size() >= 3 && username.size() <= 50, "a username has 3 to 50 characters");
  claim(kFirst.find(username.front()) != std::string_view::npos, "the first is no punctuation");
  claim(username.find_first_not_of(std::string(kFirst) + "._-") == std::string_view::npos,
        "a username is letters, digits, dot, underscore and hyphen");
}

void check_password(std::string_view password) {
  using latchkey::service::PasswordPolicy;
  using latchkey::service::PasswordPolicyKind;
  constexpr std::size_t kMin = 8;
  constexpr std::size_t kMaxBytes = 72;
  const PasswordPolicy policy(PasswordPolicyKind::kLength, kMin, kMaxBytes);
  Faults faults;
  policy.check("password", password, {"ada@example.com", "lovelace"}, faults);
  check_faults(faults);
  if (!faults.empty()) return;
  claim(password.size() <= kMaxBytes, "a password fits into its hash");
  claim(latchkey::base::count_code_points(password) >= kMin, "a password has 8 characters");
  claim(password != "ada@example.com" && password != "lovelace", "a password is not the name");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = latchkey::fuzz::text_of(data, size);
  check_email(text);
  check_username(text);
  check_password(text);
  return 0;
}
