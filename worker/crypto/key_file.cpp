// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/small_file.h"
#include "base/timestamp.h"
#include "crypto/base64url.h"

namespace latchkey::crypto {
namespace {

constexpr std::string_view kPemSuffix = ".pem";
constexpr std::string_view kBytesSuffix = ".key";
constexpr std::size_t kTimeChars = std::string_view("20261121T004109.123Z").size();
constexpr mode_t kFileMode = S_IRUSR | S_IWUSR | S_IRGRP;
constexpr mode_t kForbidden = S_IWGRP | S_IXGRP | S_IRWXO;
constexpr mode_t kRetiredMode = S_IRWXU;

std::string_view suffix_of(const JwsAlgorithm& algorithm) {
  return algorithm.is_symmetric ? kBytesSuffix : kPemSuffix;
}

[[noreturn]] void fail_at(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), path);
}

// RFC 4648, section 4, as `openssl rand -base64` writes it, to the alphabet of section 5.
std::optional<base::Secret> from_base64(std::string text) {
  const auto end = text.find_last_not_of("\r\n");
  text.resize(end == std::string::npos ? 0 : end + 1);
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  auto bytes = base64url_decode(text);
  base::wipe(text);
  if (!bytes) return std::nullopt;
  return base::Secret(std::move(*bytes));
}

base::Secret to_base64(const base::Secret& bytes) {
  std::string text = base64url_encode(bytes.reveal());
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  text += '\n';
  return base::Secret(std::move(text));
}

void write_all(const base::Descriptor& file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) fail_at(path);
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

base::Descriptor open_directory(const std::string& path) {
  base::Descriptor directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) fail_at(path);
  return directory;
}

// Who reads the directory reads the file. Root makes it for the directory's owner; others can only
// give it to a group that they are in.
void hand_over(const base::Descriptor& file, const base::Descriptor& directory,
               const std::string& path) {
  struct stat owner {};
  if (fstat(directory.get(), &owner) != 0) fail_at(path);
  constexpr auto kUnchanged = static_cast<uid_t>(-1);
  const uid_t user = geteuid() == 0 ? owner.st_uid : kUnchanged;
  if (fchown(file.get(), user, owner.st_gid) != 0) fail_at(path + ": cannot be given to its group");
  if (fchmod(file.get(), kFileMode) != 0) fail_at(path);
}

// A file that goes away unless it was given its name.
class Draft {
 public:
  explicit Draft(const std::string& directory) : path_(directory + "/.new-XXXXXX") {
    file_ = base::Descriptor(mkostemp(path_.data(), O_CLOEXEC));
    if (!file_) fail_at(directory);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() { unlink(path_.c_str()); }

  [[nodiscard]] const base::Descriptor& file() const { return file_; }
  // Replaces nothing.
  void give_name(const std::string& path) const {
    if (link(path_.c_str(), path.c_str()) != 0) fail_at(path);
  }

 private:
  std::string path_;
  base::Descriptor file_;
};

}  // namespace

std::string KeyFileName::text() const {
  std::string time = base::format_timestamp(signs_from_ms);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return time + "-" + std::string(algorithm->name) + std::string(suffix_of(*algorithm));
}

std::optional<KeyFileName> KeyFileName::parse(std::string_view text) {
  if (text.size() <= kTimeChars || text[kTimeChars] != '-') return std::nullopt;
  std::string time(text.substr(0, kTimeChars));
  for (const std::size_t dash : {4U, 7U}) time.insert(dash, 1, '-');
  for (const std::size_t colon : {13U, 16U}) time.insert(colon, 1, ':');
  const auto signs_from_ms = base::parse_timestamp(time);
  if (!signs_from_ms) return std::nullopt;
  for (const JwsAlgorithm& algorithm : jws_algorithms()) {
    const KeyFileName name{*signs_from_ms, &algorithm};
    // One spelling only.
    if (name.text() == text) return name;
  }
  return std::nullopt;
}

bool looks_like_a_key_file(std::string_view name) {
  return name.ends_with(kPemSuffix) || name.ends_with(kBytesSuffix);
}

std::variant<base::Secret, KeyFileFault> read_key_file(const std::string& path,
                                                       const JwsAlgorithm& algorithm) {
  std::string text;
  mode_t mode = 0;
  if (auto wrong = base::read_small_file(path, kMaxKeyFileBytes, text, &mode)) {
    const bool has_gone = access(path.c_str(), F_OK) != 0 && errno == ENOENT;
    base::wipe(text);
    return KeyFileFault{has_gone ? std::string() : "cannot be read: " + *wrong};
  }
  base::Secret content(std::move(text));
  if ((mode & kForbidden) != 0) {
    std::array<char, 8> octal{};
    std::snprintf(octal.data(), octal.size(), "%04o", static_cast<unsigned>(mode & 07777));
    return KeyFileFault{"has the mode " + std::string(octal.data()) +
                        ": others than its owner can change it, or others than its group can read "
                        "it; chmod 0640 it, and if anybody may have read it, retire it"};
  }
  if (!algorithm.is_symmetric) return content;
  auto bytes = from_base64(std::string(content.reveal()));
  if (!bytes) return KeyFileFault{"does not hold bytes in base64 on one line"};
  return std::move(*bytes);
}

void write_key_file(const std::string& directory, const KeyFileName& name,
                    const base::Secret& material) {
  const base::Descriptor opened = open_directory(directory);
  const std::string path = directory + '/' + name.text();
  const Draft draft(directory);
  const base::Secret content =
      name.algorithm->is_symmetric ? to_base64(material) : material.clone();
  write_all(draft.file(), content.reveal(), path);
  hand_over(draft.file(), opened, path);
  if (fsync(draft.file().get()) != 0) fail_at(path);
  draft.give_name(path);
  if (fsync(opened.get()) != 0) fail_at(directory);
}

void retire_key_file(const std::string& directory, const std::string& name) {
  const std::string retired = directory + "/retired";
  const base::Descriptor opened = open_directory(directory);
  if (mkdir(retired.c_str(), kRetiredMode) != 0 && errno != EEXIST) fail_at(retired);
  const base::Descriptor opened_retired = open_directory(retired);
  // Nobody but its owner has use for it any more.
  const std::string from = directory + '/' + name;
  if (renameat(opened.get(), name.c_str(), opened_retired.get(), name.c_str()) != 0) fail_at(from);
  for (const base::Descriptor* changed : {&opened_retired, &opened}) {
    if (fsync(changed->get()) != 0) fail_at(from);
  }
}

}  // namespace latchkey::crypto
