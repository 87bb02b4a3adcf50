// SPDX-License-Identifier: Apache-2.0
#include "config/credentials.h"

#include <cerrno>
#include <unistd.h>
#include <utility>

#include "base/small_file.h"
#include "config/rows.h"
#include "config/text_file.h"

namespace latchkey::config {
namespace {

bool is_missing(const std::string& path) {
  return access(path.c_str(), F_OK) != 0 && errno == ENOENT;
}

// Adds the file, or what is wrong with it.
void read_credential(const Row& row, const std::string& path, Credentials& credentials) {
  const auto refuse = [&credentials, &path](const std::string& wrong) {
    credentials.errors.push_back(path + ": " + wrong);
  };
  std::string text;
  if (const auto wrong = base::read_small_file(path, kMaxCredentialBytes, text)) {
    refuse("cannot be read: " + *wrong);
  } else {
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    if (const char* fault = fault_of_line(text); fault != nullptr) {
      refuse(fault);
    } else {
      credentials.found.push_back({row.name, base::Secret(std::move(text))});
    }
  }
  base::wipe(text);
}

}  // namespace

CredentialPlace credential_store() {
  return {.path = "/etc/credstore/latchkey.", .may_be_unreadable = true};
}

Credentials read_credentials(const CredentialPlace& place) {
  Credentials credentials;
  for (const Row& row : rows()) {
    if (!row.is_secret()) continue;
    const std::string path = place.path + std::string(row.name);
    if (is_missing(path)) continue;
    if (place.may_be_unreadable && access(path.c_str(), R_OK) != 0) continue;
    read_credential(row, path, credentials);
  }
  return credentials;
}

}  // namespace latchkey::config
