// SPDX-License-Identifier: Apache-2.0
#pragma once

// Secret settings as files, as systemd's LoadCredential= hands them over: in the directory that
// $CREDENTIALS_DIRECTORY names, one file for each, named after the setting. So a secret need stand
// neither in a file that an editor opens nor in the environment, which /proc shows.
//
// Only settings that are secret are looked for; other files there are somebody else's. A file is
// the value, without the line end that an editor leaves behind it; like a line of the file of
// settings it is UTF-8 and has no control character.
//
// That directory is the service's alone. Who looks after the service has the files it is made of:
// in /etc/credstore, named latchkey.NAME. They are looked for with the settings of the package, and
// only root can read them.
//
// Runs in every process, at start. A file that is not there is no fault; what is wrong with one
// that is there is an answer, and does not show the content.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace latchkey::config {

inline constexpr std::size_t kMaxCredentialBytes = 4096;

struct Credential {
  std::string_view name;  // of the row
  base::Secret value;
};

struct Credentials {
  std::vector<Credential> found;
  std::vector<std::string> errors;
};

// Where a file is `path` and the name of the setting.
struct CredentialPlace {
  std::string path;
  bool may_be_unreadable = false;  // then an unreadable file is as good as none
};

inline constexpr std::string_view kPackageSettings = "/etc/latchkey/latchkey.env";
CredentialPlace credential_store();

Credentials read_credentials(const CredentialPlace& place);

}  // namespace latchkey::config
