// SPDX-License-Identifier: Apache-2.0
//
// Settings: a file of a stranger's making, and secrets of a stranger's making in the environment.
// Every fault is an answer, examine() throws nothing at all, and neither an error nor the listing
// of `latchkey config` shows a secret.
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "check.h"
#include "config/display.h"
#include "config/env_file.h"
#include "config/load.h"

using latchkey::config::Examination;
using latchkey::fuzz::claim;

namespace {

// In every secret; no message would say it by itself.
constexpr std::string_view kMarker = "Zq7#kvX0";

// A file of which each run is the content.
class ScratchFile {
 public:
  ScratchFile() : fd_(memfd_create("settings", 0)) { claim(fd_ >= 0, "there is a scratch file"); }
  void hold(std::string_view text) const {
    claim(ftruncate(fd_, 0) == 0 &&
              pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
          "the scratch file can be written");
  }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

void check_messages(const Examination& found) {
  for (const std::string& error : found.errors) {
    claim(!error.empty() && error.find(kMarker) == std::string::npos, "no error shows a secret");
  }
  const std::string listing = latchkey::config::show_settings(found.settings) +
                              latchkey::config::settings_for_scripts(found.settings);
  claim(listing.find(kMarker) == std::string::npos, "no listing shows a secret");
}

void check_lines(std::string_view text) {
  const latchkey::config::EnvFile file = latchkey::config::parse_env_file(text);
  std::size_t last = 0;
  for (const auto& line : file.lines) {
    claim(line.number > last, "lines come in order");
    claim(line.value.size() <= latchkey::config::kMaxEnvLineBytes, "a line has its bound");
    last = line.number;
  }
}

}  // namespace

// The text up to the first empty line goes into the secrets, the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ScratchFile scratch;
  const std::string_view text = latchkey::fuzz::text_of(data, size);
  if (text.find(kMarker) != std::string_view::npos) return 0;
  const std::size_t end = std::min(text.find("\n\n"), text.size());
  const std::string_view file = text.substr(std::min(end + 2, text.size()));
  check_lines(file);

  const std::string secret(text.substr(0, end));
  const std::string url = "DATABASE_URL=" + secret + std::string(kMarker);
  const std::string host = "ADMIN_DATABASE_URL=postgresql://u:" + std::string(kMarker) + secret;
  const std::string key = "JWT_SECRET_KEY=" + std::string(kMarker) + secret;
  const std::vector<const char*> environment{url.c_str(), host.c_str(), key.c_str(), nullptr};
  scratch.hold(file);
  check_messages(latchkey::config::examine(environment.data(), scratch.path()));
  return 0;
}
