// SPDX-License-Identifier: Apache-2.0
#pragma once

// A file of certificates, as `latchkey doctor` judges it: by the one that runs out first.
//
// Runs on the command line. No failures: a file that cannot be read is a finding.

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/finding.h"

namespace latchkey::cli {

// errno, or 0 and the text.
struct FileText {
  int error = 0;
  std::string text{};
};

// A longer file than any of certificates is cut off.
FileText read_file(const std::string& path);

Finding judge_certificate(const std::string& path, const FileText& file, std::int64_t now_s);

}  // namespace latchkey::cli
