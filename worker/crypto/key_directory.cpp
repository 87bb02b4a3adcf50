// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_directory.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <memory>
#include <set>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <utility>
#include <variant>

#include "base/error.h"
#include "crypto/key_file.h"

namespace latchkey::crypto {
namespace {

constexpr std::string_view kRetired = "retired";
// Without a dot, so its signature is one of no token.
constexpr std::string_view kTrial = "latchkey trial";
constexpr std::size_t kMaxIgnoredShown = 8;
constexpr std::size_t kMaxEntries = 4096;  // of the directory, keys or not

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

// What becomes a ring while it is being read.
class Reader {
 public:
  explicit Reader(const KeySource& source) : source_(source), ring_(*source.signs_by) {}

  KeyReading read() {
    std::vector<LoadedFile> files = load_files();
    add_secret(files);
    for (const LoadedFile& file : files) add_file(file);
    require_a_signer();
    if (is_listed_ && !ring_.signing_kid(0).empty()) reading_.ring = std::move(ring_);
    return std::move(reading_);
  }

 private:
  struct LoadedFile {
    std::string name;
    KeyFileName parsed;
    base::Secret material;
  };

  void blame(const std::string& file, const std::string& wrong) {
    reading_.faults.push_back(source_.directory + (file.empty() ? "" : "/") + file + " " + wrong);
    if (file.empty()) is_listed_ = false;
    reading_.broken.push_back(file);
  }

  // Sorted: the oldest first.
  std::set<std::string> list_names() {
    std::set<std::string> names;
    const std::unique_ptr<DIR, CloseDirectory> directory(opendir(source_.directory.c_str()));
    struct stat status {};
    if (!directory || fstat(dirfd(directory.get()), &status) != 0) {
      blame({}, "cannot be read: " + std::generic_category().message(errno));
      return names;
    }
    if ((status.st_mode & S_IWOTH) != 0) {
      blame({}, "can be changed by everybody; chmod o-w it, and look who has put keys there");
      return names;
    }
    std::size_t entries = 0;
    while (const dirent* const entry = readdir(directory.get())) {  // NOLINT(*-mt-unsafe)
      if (++entries > kMaxEntries) break;
      const std::string_view name(&entry->d_name[0]);
      if (name.starts_with('.') || name == kRetired) continue;
      if (looks_like_a_key_file(name)) {
        names.emplace(name);
      } else if (reading_.ignored.size() < kMaxIgnoredShown) {
        reading_.ignored.emplace_back(name);
      }
    }
    if (entries > kMaxEntries || names.size() > kMaxKeys) {
      blame({}, "holds too many files; at most " + std::to_string(kMaxKeys) +
                    " keys are allowed, and nothing else belongs there");
      names.clear();
    }
    return names;
  }

  std::vector<LoadedFile> load_files() {
    std::vector<LoadedFile> files;
    if (source_.directory.empty()) return files;
    for (const std::string& name : list_names()) {
      const auto parsed = KeyFileName::parse(name);
      if (!parsed) {
        blame(name, "is not named as a key is: " + std::string(kKeyFileForm));
        continue;
      }
      auto read = read_key_file(source_.directory + '/' + name, *parsed->algorithm);
      if (const auto* const fault = std::get_if<KeyFileFault>(&read)) {
        if (!fault->text.empty()) blame(name, fault->text);
        continue;
      }
      files.push_back({name, *parsed, std::move(std::get<base::Secret>(read))});
    }
    return files;
  }

  // A file with the same key takes its place.
  void add_secret(const std::vector<LoadedFile>& files) {
    const base::Secret& secret = source_.secret;
    const bool has_file = std::ranges::any_of(files, [&secret](const LoadedFile& file) {
      return file.parsed.algorithm->is_symmetric && file.material.reveal() == secret.reveal();
    });
    if (secret.empty() || has_file) return;
    add("JWT_SECRET_KEY", {}, *find_jws_algorithm("HS256"), secret, 0);
  }

  void add_file(const LoadedFile& file) {
    add(source_.directory + '/' + file.name, file.name, *file.parsed.algorithm, file.material,
        file.parsed.signs_from_ms);
  }

  void add(const std::string& place, const std::string& file, const JwsAlgorithm& algorithm,
           const base::Secret& material, std::int64_t signs_from_ms) {
    try {
      const JwsKey& key = ring_.add(algorithm, material, signs_from_ms);
      if (!key.verify(kTrial, key.sign(kTrial))) {
        throw base::Error(base::ErrorCode::kInternalError)
            .because("its public half is that of another key");
      }
      reading_.keys.push_back({key.thumbprint(), &algorithm, signs_from_ms, file, key.bits()});
    } catch (const base::Error& error) {
      reading_.faults.push_back(place + ": " + error.cause());
      reading_.broken.push_back(file);
    }
  }

  void require_a_signer() {
    // Where something is broken, it may have been that one.
    if (!reading_.faults.empty() || !ring_.signing_kid(0).empty()) return;
    reading_.lacks_signer = true;
    const std::string name(source_.signs_by->name);
    std::string wrong = "JWT_ALGORITHM is " + name + ", and there is no key for it: ";
    if (source_.directory.empty()) {
      wrong += source_.signs_by->is_symmetric ? "set JWT_SECRET_KEY, or " : "";
      wrong += "name a directory by JWT_KEYS_DIR and ";
    }
    reading_.faults.push_back(wrong + "run \"latchkey keys generate --algorithm " + name + "\"");
  }

  const KeySource& source_;
  bool is_listed_ = true;
  KeyRing ring_;
  KeyReading reading_;
};

}  // namespace

KeyStamp stamp_of(const std::string& directory) {
  struct stat status {};
  if (stat(directory.c_str(), &status) != 0) return {};
  return {
      .device = status.st_dev,
      .inode = status.st_ino,
      .changed_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

KeyReading read_keys(const KeySource& source) { return Reader(source).read(); }

}  // namespace latchkey::crypto
