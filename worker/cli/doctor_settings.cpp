// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_settings.h"

#include <cmath>
#include <set>
#include <string>

namespace latchkey::cli {
namespace {

// What NIST SP 800-131A asks of a key that makes MACs.
constexpr double kEnoughBits = 112;

constexpr const char* kNewKey =
    "Make a new one with \"openssl rand -base64 48\"; everybody has to log in again.";

std::string advice_about(const std::string& error) {
  const bool is_blocklist = error.starts_with("PASSWORD_BLOCKLIST:");
  return std::string(
             is_blocklist
                 ? "Name a file that the service may read: that of the package is "
                   "/usr/share/latchkey/passwords.blocklist, and \"latchkey blocklist build\" "
                   "makes one of a list of passwords."
                 : "Correct it: \"latchkey config --list\" explains every setting.") +
         " No worker starts until then.";
}

}  // namespace

Findings judge_settings(const config::Examination& examination) {
  Findings findings;
  for (const std::string& error : examination.errors) {
    findings.push_back(failure("load", error + ".", advice_about(error)));
  }
  for (const std::string& text : examination.settings.warnings)
    findings.push_back(warning("advisable", text + ".", "Change it, unless this is a test."));
  if (findings.empty()) findings.push_back(ok("load", "Every setting can be used."));
  return findings;
}

double bits_of(std::string_view key) {
  if (key.empty()) return 0;
  const std::set<char> different(key.begin(), key.end());
  return static_cast<double>(key.size()) * std::log2(static_cast<double>(different.size()));
}

Finding judge_key(std::string_view key) {
  if (key.empty())
    return failure("strength", "There is no JWT_SECRET_KEY that can be used.", kNewKey);
  const std::string size = std::to_string(key.size()) + " bytes";
  if (bits_of(key) < kEnoughBits) {
    return warning("strength", "JWT_SECRET_KEY has " + size + " of few different characters.",
                   kNewKey);
  }
  return ok("strength", "JWT_SECRET_KEY has " + size + ", and enough different ones.");
}

}  // namespace latchkey::cli
