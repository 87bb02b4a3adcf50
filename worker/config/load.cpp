// SPDX-License-Identifier: Apache-2.0
#include "config/load.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/secret.h"
#include "config/credentials.h"
#include "config/display.h"
#include "config/env_file.h"
#include "config/key_check.h"
#include "config/rows.h"
#include "config/spelling.h"
#include "config/values.h"

namespace latchkey::config {
namespace {

constexpr int kLeastProductionRounds = 10;
// NIST SP 800-63B, revision 3, section 5.1.1.2; OWASP ASVS 5.0, 6.2.1.
constexpr int kLeastProductionLength = 8;
// The weakest of those that the OWASP Password Storage Cheat Sheet has for argon2id: 7168 KiB, and
// 5 passes over them.
constexpr int kLeastProductionMemoryKib = 7168;
constexpr int kLeastProductionKibPasses = 5 * 7168;

// What a hash worker holds beside the memory of a hash, several times over.
constexpr int kWorkerBaseMib = 8;

constexpr std::string_view kCredentialsDirectory = "CREDENTIALS_DIRECTORY";

// What is set by an earlier one counts.
constexpr std::array kSources{Source::kEnvironment, Source::kCredential, Source::kFile,
                              Source::kDefault};

std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    if (!text.empty()) text += '\n';
    text += line;
  }
  return text;
}

// nullopt where nobody has handed any over.
std::optional<CredentialPlace> credential_place(const char* const* environment,
                                                const std::optional<std::string>& file_path) {
  for (; *environment != nullptr; ++environment) {
    std::string_view entry(*environment);
    if (!entry.starts_with(kCredentialsDirectory)) continue;
    entry.remove_prefix(kCredentialsDirectory.size());
    if (entry.starts_with('=') && entry.size() > 1)
      return CredentialPlace{.path = std::string(entry.substr(1)) + '/'};
  }
  return file_path == kPackageSettings ? std::optional(credential_store()) : std::nullopt;
}

// What load() works on: the texts of each source, and what has been found wrong so far.
class Loader {
 public:
  explicit Loader(Required required) : required_(required) {}

  void add_environment(const char* const* environment);
  void add_credentials(const CredentialPlace& place);
  void add_file(const std::string& path);
  void add_defaults();

  void store_rows();
  void check_together();
  void check_password_length();
  void check_hashing();
  void check_throttle();

  Examination finish() { return {std::move(settings_), std::move(errors_)}; }

 private:
  struct Found {
    Source source;
    const base::Secret& text;
  };

  // The names are those of rows.
  void put(Source source, std::string_view name, base::Secret text) {
    texts_[source].insert_or_assign(name, std::move(text));
  }
  [[nodiscard]] std::optional<Found> find(std::string_view name) const;
  void store_row(const Row& row);
  void refuse(std::string_view name, const std::string& wrong);
  [[nodiscard]] std::string place_of(Source source, std::string_view name) const;
  // Were all of them stored? What is wrong alone need not be compared.
  [[nodiscard]] bool are_good(std::initializer_list<std::string_view> names) const;

  const Required required_;
  std::map<Source, std::map<std::string_view, base::Secret>> texts_;
  std::string credentials_path_;
  std::string file_path_;
  Settings settings_;
  std::vector<std::string> errors_;
  std::set<std::string_view> faulty_;
};

void Loader::add_environment(const char* const* environment) {
  for (; *environment != nullptr; ++environment) {
    const std::string_view entry(*environment);
    const std::size_t equals = std::min(entry.find('='), entry.size());
    const Row* row = find_row(entry.substr(0, equals));
    if (row == nullptr || equals == entry.size()) continue;
    put(Source::kEnvironment, row->name, base::Secret(entry.substr(equals + 1)));
  }
}

void Loader::add_credentials(const CredentialPlace& place) {
  credentials_path_ = place.path;
  Credentials credentials = read_credentials(place);
  errors_.insert(errors_.end(), credentials.errors.begin(), credentials.errors.end());
  for (Credential& credential : credentials.found) {
    put(Source::kCredential, credential.name, std::move(credential.value));
  }
}

void Loader::add_file(const std::string& path) {
  file_path_ = path;
  EnvFile file = read_env_file(path);
  const std::string prefix = path + ": ";
  for (const std::string& error : file.errors) errors_.push_back(prefix + error);
  for (EnvLine& line : file.lines) {
    const Row* const row = find_row(line.name);
    if (row == nullptr) {
      errors_.push_back(prefix + "line " + std::to_string(line.number) + " sets " +
                        unknown_name(line.name));
      continue;
    }
    put(Source::kFile, row->name, std::move(line.value));
  }
}

void Loader::add_defaults() {
  for (const Row& row : rows()) {
    if (row.default_text) put(Source::kDefault, row.name, base::Secret(*row.default_text));
  }
}

std::optional<Loader::Found> Loader::find(std::string_view name) const {
  for (const Source source : kSources) {
    const auto texts = texts_.find(source);
    if (texts == texts_.end()) continue;
    const auto text = texts->second.find(name);
    if (text != texts->second.end()) return Found{source, text->second};
  }
  return std::nullopt;
}

std::string Loader::place_of(Source source, std::string_view name) const {
  switch (source) {
    case Source::kCredential:
      return "in " + credentials_path_ + std::string(name);
    case Source::kFile:
      return "in " + file_path_;
    case Source::kEnvironment:
    case Source::kDefault:
      break;
  }
  return "in the environment";
}

void Loader::store_rows() {
  for (const Row& row : rows()) store_row(row);
}

void Loader::store_row(const Row& row) {
  const std::optional<Found> found = find(row.name);
  if (!found) {
    if (required_ == Required::kMayBeMissing) return;
    refuse(row.name, "is required; allowed: " + allowed(row));
    return;
  }
  const auto& [source, text] = *found;
  // As the example file leaves what is to be filled in, or is a credential of the service.
  if (required_ == Required::kMayBeMissing && row.is_required() && text.empty()) return;
  if (const auto wrong = store(row, text.reveal(), settings_)) {
    refuse(row.name, *wrong + " (" + place_of(source, row.name) + "); allowed: " + allowed(row));
    return;
  }
  if (!row.is_listed()) return;
  settings_.provenance.push_back(Provenance{
      row.name, source, row.is_secret() && !text.empty() ? kMask : std::string(text.reveal())});
}

void Loader::refuse(std::string_view name, const std::string& wrong) {
  errors_.push_back(std::string(name) + ": " + wrong);
  faulty_.insert(name);
}

bool Loader::are_good(std::initializer_list<std::string_view> names) const {
  return std::ranges::none_of(names,
                              [this](std::string_view name) { return faulty_.contains(name); });
}

void Loader::check_together() {
  const Settings& s = settings_;
  if (are_good({"WORKER_TIMEOUT", "DATABASE_TIMEOUT"}) && s.worker_timeout <= s.database_timeout) {
    refuse("WORKER_TIMEOUT", "is " + format_duration(s.worker_timeout) +
                                 ", and must be longer than DATABASE_TIMEOUT, which is " +
                                 format_duration(s.database_timeout));
  }
  check_password_length();
  // Who only looks need not be able to read the keys.
  if (required_ == Required::kAll &&
      are_good({"JWT_SECRET_KEY", "JWT_ALGORITHM", "JWT_KEYS_DIR"})) {
    for (const KeyFault& fault : check_keys(s)) refuse(fault.setting, fault.wrong);
  }
  if (are_good({"PASSWORD_HASH", "BCRYPT_ROUNDS", "ARGON2_MEMORY", "ARGON2_PASSES", "ENVIRONMENT"}))
    check_hashing();
  check_throttle();
}

void Loader::check_password_length() {
  const Settings& s = settings_;
  if (!are_good({"PASSWORD_MIN_LENGTH"})) return;
  if (are_good({"PASSWORD_HASH"}) &&
      static_cast<std::size_t>(s.password_min_length) > s.password_hash->max_password_bytes) {
    refuse("PASSWORD_MIN_LENGTH", "is " + std::to_string(s.password_min_length) + ", but " +
                                      std::string(s.password_hash->name) + " takes at most " +
                                      std::to_string(s.password_hash->max_password_bytes) +
                                      " bytes");
  }
  if (are_good({"ENVIRONMENT"}) && s.environment == Deployment::kProduction &&
      s.password_min_length < kLeastProductionLength) {
    settings_.warnings.push_back("PASSWORD_MIN_LENGTH is " + std::to_string(s.password_min_length) +
                                 ": shorter passwords than " +
                                 std::to_string(kLeastProductionLength) + " are guessed");
  }
}

void Loader::check_throttle() {
  const Settings& s = settings_;
  if (are_good({"LOGIN_THROTTLE_RESET", "LOGIN_THROTTLE_MAX_DELAY"}) &&
      s.login_throttle_reset < s.login_throttle_max_delay) {
    refuse("LOGIN_THROTTLE_RESET", "is " + format_duration(s.login_throttle_reset) +
                                       ", and must not be shorter than LOGIN_THROTTLE_MAX_DELAY, "
                                       "which is " +
                                       format_duration(s.login_throttle_max_delay));
  }
  if (are_good({"LOGIN_THROTTLE_FREE", "ENVIRONMENT"}) &&
      s.environment == Deployment::kProduction && s.login_throttle_free == 0) {
    settings_.warnings.emplace_back(
        "LOGIN_THROTTLE_FREE is off: from many addresses the password of one user may be guessed "
        "as fast as the hash workers can");
  }
}

void Loader::check_hashing() {
  const Settings& s = settings_;
  const auto hash_mib = static_cast<int>(s.password_hash->memory_bytes(s.password_cost()) >> 20U);
  if (are_good({"WORKER_MEMORY_MAX"}) && hash_mib + kWorkerBaseMib > s.worker_memory_max_mib) {
    refuse("WORKER_MEMORY_MAX", "is " + std::to_string(s.worker_memory_max_mib) + " MiB, but " +
                                    std::string(s.password_hash->name) + " takes " +
                                    std::to_string(hash_mib) + " MiB, and the rest of a worker " +
                                    std::to_string(kWorkerBaseMib));
  }
  if (s.environment != Deployment::kProduction) return;
  if (s.password_hash->name == "bcrypt" && s.bcrypt_rounds < kLeastProductionRounds) {
    settings_.warnings.push_back("BCRYPT_ROUNDS is " + std::to_string(s.bcrypt_rounds) +
                                 ": below " + std::to_string(kLeastProductionRounds) +
                                 " hashes are cheap to crack; it suits tests only");
  }
  if (s.password_hash->name == "argon2id" &&
      (s.argon2_memory_kib < kLeastProductionMemoryKib ||
       s.argon2_memory_kib * s.argon2_passes < kLeastProductionKibPasses)) {
    settings_.warnings.push_back("ARGON2_MEMORY is " + std::to_string(s.argon2_memory_kib) +
                                 " and ARGON2_PASSES " + std::to_string(s.argon2_passes) +
                                 ": below 19456 and 2, or as much work with 7168 at the least, "
                                 "hashes are cheap to crack; it suits tests only");
  }
}

Examination examine_for(Required required, const char* const* environment,
                        const std::optional<std::string>& file_path) {
  Loader loader(required);
  loader.add_environment(environment);
  if (const auto place = credential_place(environment, file_path)) loader.add_credentials(*place);
  if (file_path) loader.add_file(*file_path);
  loader.add_defaults();
  loader.store_rows();
  loader.check_together();
  return loader.finish();
}

}  // namespace

ConfigurationError::ConfigurationError(std::vector<std::string> errors)
    : errors_(std::move(errors)), what_(join_lines(errors_)) {}

Settings load(const char* const* environment, const std::optional<std::string>& file_path,
              Required required) {
  Examination found = examine_for(required, environment, file_path);
  if (!found.errors.empty()) throw ConfigurationError(std::move(found.errors));
  return std::move(found.settings);
}

Examination examine(const char* const* environment, const std::optional<std::string>& file_path) {
  return examine_for(Required::kAll, environment, file_path);
}

}  // namespace latchkey::config
