// SPDX-License-Identifier: Apache-2.0
#pragma once

// Makes Settings of what surrounds the program: the environment over the credentials over the file
// over the defaults. Credentials (credentials.h) are secret settings in files of their own, where
// the environment has CREDENTIALS_DIRECTORY, or in the store where the file is that of the package.
//
// A name in the file that no row has is an error, since it is most likely misspelt; in the
// environment it is somebody else's and ignored. A value that is given but empty is a value: it
// does not bring the default back.
//
// Runs in every process, once, at start. Everything that is wrong, in all settings and between
// them, is thrown at once. No message shows a secret.

#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"

namespace latchkey::config {

class ConfigurationError : public std::exception {
 public:
  // `errors` is not empty: one sentence each, that names the setting, or the file and line.
  explicit ConfigurationError(std::vector<std::string> errors);

  [[nodiscard]] const std::vector<std::string>& errors() const { return errors_; }
  // All of them, one a line.
  [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::vector<std::string> errors_;
  std::string what_;
};

// Tools that only look may do without what a worker cannot: a required setting that is missing or
// empty then stays empty. One that has a value is checked all the same.
enum class Required { kAll, kMayBeMissing };

// `environment`: "NAME=value" strings, the last one a null pointer, as in environ(7).
Settings load(const char* const* environment, const std::optional<std::string>& file_path,
              Required required = Required::kAll);

// For who wants to look at what can be looked at in spite of faults: nothing is thrown. A setting
// that is wrong or missing keeps the value that its field is born with (empty, 0, nullptr).
struct Examination {
  Settings settings;
  std::vector<std::string> errors;  // as those of ConfigurationError; may be empty
};
Examination examine(const char* const* environment, const std::optional<std::string>& file_path);

}  // namespace latchkey::config
