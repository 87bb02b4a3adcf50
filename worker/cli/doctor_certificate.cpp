// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_certificate.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

#include "base/descriptor.h"
#include "crypto/certificate.h"

namespace latchkey::cli {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20U;
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kWarnBefore = 14 * kDay;
constexpr std::int64_t kFailBefore = 3 * kDay;

constexpr const char* kRenew = "Renew it, and systemctl reload nginx.";

// "2026-11-20 23:59 UTC"
std::string date_of(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm broken_down{};
  gmtime_r(&time, &broken_down);
  std::array<char, 40> text{};
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &broken_down);
  return {text.data(), size};
}

std::string days(std::int64_t seconds) {
  const std::int64_t whole = seconds / kDay;
  if (whole == 0) return "less than a day";
  return std::to_string(whole) + (whole == 1 ? " day" : " days");
}

}  // namespace

FileText read_file(const std::string& path) {
  // O_NONBLOCK: a FIFO under this name must not hold the caller up.
  const base::Descriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file) return {.error = errno};
  FileText read_so_far;
  std::array<char, 4096> buffer{};
  while (read_so_far.text.size() < kMaxBytes) {
    const ssize_t got = read(file.get(), buffer.data(), buffer.size());
    if (got < 0) return {.error = errno};
    if (got == 0) break;
    read_so_far.text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return read_so_far;
}

Finding judge_certificate(const std::string& path, const FileText& file, std::int64_t now_s) {
  constexpr const char* kCheck = "certificate";
  if (file.error == EACCES || file.error == EPERM) {
    return could_not_ask(kCheck, path + ": " + std::generic_category().message(file.error) + ".",
                         "Run this as root.");
  }
  if (file.error != 0) {
    return failure(kCheck, path + ": " + std::generic_category().message(file.error) + ".",
                   "Name the file that nginx has as ssl_certificate.");
  }
  const auto certificates = crypto::read_certificates(file.text);
  if (!certificates) {
    return failure(kCheck, path + " holds no certificate in PEM, or a damaged one.",
                   "Name the file that nginx has as ssl_certificate.");
  }
  const auto first = std::ranges::min_element(*certificates, {}, &crypto::Certificate::not_after_s);
  const auto youngest =
      std::ranges::max_element(*certificates, {}, &crypto::Certificate::not_before_s);
  const std::string name = path + " (" + first->subject + ')';
  const std::int64_t left_s = first->not_after_s - now_s;
  const std::string when = " at " + date_of(first->not_after_s);
  if (left_s < 0) return failure(kCheck, name + " has expired" + when + ".", kRenew);
  if (youngest->not_before_s > now_s) {
    return failure(kCheck,
                   path + " (" + youngest->subject + ") holds from " +
                       date_of(youngest->not_before_s) + " on only.",
                   "See whether the clock of this machine is right; otherwise wait or renew it.");
  }
  const std::string expires = name + " expires in " + days(left_s) + ',' + when + ".";
  if (left_s < kFailBefore) return failure(kCheck, expires, kRenew);
  if (left_s < kWarnBefore) return warning(kCheck, expires, kRenew);
  return ok(kCheck, expires);
}

}  // namespace latchkey::cli
