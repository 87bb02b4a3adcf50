// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/descriptor.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/input_file.h"
#include "cli/password_input.h"
#include "cli/progress.h"
#include "crypto/blocklist.h"
#include "service/blocklist_builder.h"

namespace latchkey::cli {
namespace {

constexpr mode_t kReadableByAll = 0644;

// A file that takes the place of another one when it is whole, and leaves nothing behind if it
// never is.
class ReplacedFile {
 public:
  explicit ReplacedFile(const std::string& path) : path_(path), temporary_(path + ".XXXXXX") {
    file_ = base::Descriptor(mkstemp(temporary_.data()));
    if (!file_) throw FileFailure(path);
  }
  ReplacedFile(const ReplacedFile&) = delete;
  ReplacedFile& operator=(const ReplacedFile&) = delete;
  ~ReplacedFile() {
    if (!is_in_place_) unlink(temporary_.c_str());
  }

  void append(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = write(file_.get(), bytes.data(), bytes.size());
      if (written < 0) throw FileFailure(path_);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void put_in_place() {
    if (fchmod(file_.get(), kReadableByAll) != 0 || fsync(file_.get()) != 0 ||
        rename(temporary_.c_str(), path_.c_str()) != 0) {
      throw FileFailure(path_);
    }
    is_in_place_ = true;
  }

 private:
  std::string path_;
  std::string temporary_;
  base::Descriptor file_;
  bool is_in_place_ = false;
};

std::string in_words(std::uint64_t count, const std::string& one, const std::string& many) {
  return grouped(static_cast<std::int64_t>(count)) + ' ' + (count == 1 ? one : many);
}

int build(const Words& words) {
  const Arguments arguments(words, {});
  if (arguments.positional().empty()) throw UsageError("build needs OUTPUT");
  const std::string& output = arguments.positional().front();
  Words inputs(arguments.positional().begin() + 1, arguments.positional().end());
  if (inputs.empty()) inputs.emplace_back("-");

  const base::SystemClock clock;
  Progress progress(stderr, clock);
  service::BlocklistBuilder builder;
  for (const std::string& path : inputs) {
    const InputFile file(path);
    service::LineReader lines([&file](std::span<char> buffer) { return file.read_into(buffer); });
    builder.add(lines, [&] {
      progress.show((file.size() ? bar(lines.bytes_read(), *file.size()) + "  " : std::string()) +
                    in_words(builder.counts().taken, "password", "passwords"));
    });
  }
  progress.clear();
  ReplacedFile file(output);
  const std::uint64_t size = builder.write([&file](std::string_view bytes) { file.append(bytes); });
  file.put_in_place();
  std::printf("%s: %s of %s.\n", output.c_str(), in_words(size, "entry", "entries").c_str(),
              in_words(builder.counts().taken, "password", "passwords").c_str());
  if (builder.counts().too_long > 0) {
    std::printf("%s too long for a password.\n",
                in_words(builder.counts().too_long, "line is", "lines are").c_str());
  }
  return kExitOk;
}

int check(const Words& words) {
  const Arguments arguments(words, {{"password-file"}});
  if (arguments.positional().size() != 1) throw UsageError("check needs one FILE");
  const std::string& path = arguments.positional().front();
  const crypto::Blocklist blocklist(path);
  if (const auto password_file = arguments.value("password-file")) {
    const bool is_refused = blocklist.contains(read_password_file(*password_file).reveal());
    std::puts(is_refused ? "The password is in the list." : "The password is not in the list.");
    return is_refused ? kExitData : kExitOk;
  }
  blocklist.check_order();
  std::printf("%s: %s, in order.\n", path.c_str(),
              in_words(blocklist.size(), "entry", "entries").c_str());
  return kExitOk;
}

}  // namespace

int blocklist(const Words& words) {
  if (words.empty()) throw UsageError("blocklist needs a verb: build or check");
  const Words rest(words.begin() + 1, words.end());
  try {
    if (words.front() == "build") return build(rest);
    if (words.front() == "check") return check(rest);
  } catch (const FileFailure& failure) {
    std::fprintf(stderr, "latchkey: %s\n", failure.what());
    return kExitNoInput;
  } catch (const crypto::BlocklistFault& fault) {
    const std::string file = rest.empty() ? std::string("the blocklist") : rest.front();
    std::fprintf(stderr, "latchkey: %s %s\n", file.c_str(), fault.what());
    return kExitData;
  }
  throw UsageError("there is no verb \"" + words.front() + '"');
}

std::string blocklist_usage() {
  return R"(latchkey blocklist build OUTPUT [FILE...]
  latchkey blocklist check FILE [--password-file FILE]
    Makes the file that PASSWORD_BLOCKLIST names, of lists with one password a line (standard input
    if there is no FILE), and puts it in the place of OUTPUT when it is whole. It takes 8 bytes of
    memory and of the file a line. Upper and lower case count as the same. `check` reads a file to
    its end, or says whether it has one password. Workers open the file when they start: after a
    new one, reload or restart them. Exit status: 0 done, or the password is not in the list; 64
    usage; 65 the file is no blocklist, or has the password; 66 a file cannot be read or written.
      --password-file FILE  the password is the only line of FILE (- is standard input))";
}

}  // namespace latchkey::cli
