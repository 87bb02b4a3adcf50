// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <utility>

#include "base/descriptor.h"
#include "process/unix_address.h"

namespace latchkey::cli {
namespace {

constexpr const char* kBlocklist = "blocklist";

std::string message_of(int error) { return std::generic_category().message(error); }

std::string name_of(uid_t user) {
  const passwd* const entry = getpwuid(user);
  return entry == nullptr ? "uid " + std::to_string(user) : std::string(entry->pw_name);
}

// "0640"
std::string octal(mode_t mode) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode & 07777U);
  return text.data();
}

std::string facts(const FileLook& look) {
  return "mode " + octal(look.mode) + ", owner " + name_of(look.owner);
}

bool may_be_refused(int error) { return error == EACCES || error == EPERM; }

// The one finding for a path that cannot be looked at.
Finding not_seen(std::string_view check, const std::string& path, int error,
                 const std::string& advice) {
  if (may_be_refused(error)) {
    return could_not_ask(check, path + ": " + message_of(error) + ".",
                         "Run this as root or as the user of the service.");
  }
  return failure(check, path + ": " + message_of(error) + ".", advice);
}

bool is_trusted(uid_t owner, const Users& users) {
  return owner == 0 || owner == users.caller || owner == users.service;
}

bool may_pass(const Step& step, const Reader& reader) {
  if (reader.user == 0) return true;
  unsigned shift = 0;
  if (std::ranges::find(reader.groups, step.look.group) != reader.groups.end()) shift = 3;
  if (step.look.owner == reader.user) shift = 6;
  const unsigned wanted = S_ISDIR(step.look.mode) ? S_IXOTH : S_IROTH;
  return ((step.look.mode >> shift) & wanted) != 0;
}

// In a directory with the sticky bit everybody may make files, and replace their own only.
bool is_open_to_everybody(const FileLook& look) {
  return (look.mode & S_IWOTH) != 0 && !(S_ISDIR(look.mode) && (look.mode & S_ISVTX) != 0);
}

// What is wrong with a file that decides which passwords are refused, or a directory above it.
std::optional<Finding> wrong_with_step(const Step& step, const std::string& file,
                                       const std::optional<Reader>& service, const Users& users) {
  const std::string what = "PASSWORD_BLOCKLIST: " + step.path;
  const std::string with_facts = ": " + facts(step.look) + ".";
  if (step.look.error != 0)
    return not_seen(kBlocklist, what, step.look.error, "Correct PASSWORD_BLOCKLIST.");
  if (is_open_to_everybody(step.look)) {
    return failure(
        kBlocklist, what + " can be changed by everybody, and so what is refused" + with_facts,
        "chmod o-w " + step.path + "; then make the list anew with \"latchkey blocklist build " +
            file + "\", since it may have been changed.");
  }
  if (!is_trusted(step.look.owner, users)) {
    return failure(kBlocklist, what + " belongs to somebody else" + with_facts,
                   "chown root: " + step.path + ", or put the list where only root writes.");
  }
  if (!service || may_pass(step, *service)) return std::nullopt;
  const bool is_file = step.path == file;
  return failure(kBlocklist,
                 what + (is_file ? " cannot be read by " : " cannot be entered by ") +
                     name_of(service->user) + ", the user of the service" + with_facts,
                 (is_file ? "chmod 0644 " + file + ": it holds no secret."
                          : "chmod o+x " + step.path + ", or put the list elsewhere.") +
                     " No worker starts until then.");
}

}  // namespace

FileLook look_at(const std::string& path, Links links) {
  struct stat file {};
  const int done = links == Links::kFollow ? stat(path.c_str(), &file) : lstat(path.c_str(), &file);
  if (done != 0) return {.error = errno};
  return {.error = 0, .mode = file.st_mode, .owner = file.st_uid, .group = file.st_gid};
}

std::vector<Step> steps_to(const std::string& path) {
  std::error_code error;
  std::filesystem::path real = std::filesystem::canonical(path, error);
  if (error) real = path;
  std::vector<Step> steps;
  std::filesystem::path reached;
  for (const std::filesystem::path& part : real) {
    reached /= part;
    steps.push_back({reached.string(), look_at(reached.string(), Links::kFollow)});
  }
  return steps;
}

Reader reader_of(uid_t user) {
  const passwd* const entry = getpwuid(user);
  if (entry == nullptr) return {.user = user};
  int count = 0;
  getgrouplist(entry->pw_name, entry->pw_gid, nullptr, &count);
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (getgrouplist(entry->pw_name, entry->pw_gid, groups.data(), &count) < 0) groups.clear();
  return {.user = user, .groups = std::move(groups)};
}

int knock(const std::string& socket_path) {
  try {
    const sockaddr_un address = process::unix_address(socket_path);
    const base::Descriptor door(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!door) return errno;
    // NOLINTNEXTLINE(*-reinterpret-cast)
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    return connect(door.get(), generic, sizeof address) == 0 ? 0 : errno;
  } catch (const std::system_error& error) {
    return error.code().value();
  }
}

Finding judge_config_file(const std::string& path, const FileLook& look, const Users& users) {
  constexpr const char* kCheck = "file";
  if (look.error != 0) return not_seen(kCheck, path, look.error, "Name a file that is there.");
  const std::string mend = "chown root: " + path + "; chmod 0640 " + path +
                           ", with the group of the service; then change the key, since it may "
                           "have been read.";
  if (!S_ISREG(look.mode)) return failure(kCheck, path + " is not a file.", "Name a file.");
  if ((look.mode & (S_IROTH | S_IWOTH)) != 0) {
    return failure(kCheck, path + " holds secrets and is open to everybody: " + facts(look) + ".",
                   mend);
  }
  if ((look.mode & S_IWGRP) != 0) {
    return failure(kCheck, path + " can be changed by its group: " + facts(look) + ".",
                   "chmod g-w " + path + ".");
  }
  if (!is_trusted(look.owner, users)) {
    return failure(kCheck, path + " belongs to somebody else: " + facts(look) + ".", mend);
  }
  return ok(kCheck, path + ": " + facts(look) + ".");
}

Finding judge_blocklist(const std::vector<Step>& steps, const std::optional<Reader>& service,
                        const Users& users) {
  for (const Step& step : steps) {
    if (std::optional<Finding> wrong = wrong_with_step(step, steps.back().path, service, users))
      return std::move(*wrong);
  }
  const Step& file = steps.back();
  const std::string found = file.path + ": " + facts(file.look) + ".";
  if ((file.look.mode & S_IWGRP) != 0) {
    return warning(kBlocklist, "The group can change " + found,
                   "chmod g-w " + file.path + ": workers need to read it, not to write.");
  }
  return ok(kBlocklist, found);
}

Finding judge_runtime_dir(const std::string& path, const FileLook& look, const Users& users) {
  constexpr const char* kCheck = "directory";
  if (look.error != 0) {
    return not_seen(kCheck, path, look.error,
                    "Start the service, which makes it, or see RUNTIME_DIR: it must be the "
                    "workers' own.");
  }
  if (!S_ISDIR(look.mode))
    return failure(kCheck, path + " is not a directory.", "Correct RUNTIME_DIR.");
  if ((look.mode & S_IWOTH) != 0) {
    return failure(kCheck, path + " can be changed by everybody: " + facts(look) + ".",
                   "chmod o-w " + path + ", and start the service anew.");
  }
  if (users.caller != 0 && look.owner != users.caller) {
    return failure(kCheck, path + " belongs to somebody else: " + facts(look) + ".",
                   "Run this as root or as the user of the service; if that is " +
                       name_of(users.caller) + ", chown " + path + ".");
  }
  if ((look.mode & S_IWGRP) != 0) {
    return warning(kCheck, path + " can be changed by its group: " + facts(look) + ".",
                   "chmod g-w " + path + ": nginx needs to enter it, not to write.");
  }
  return ok(kCheck, path + ": " + facts(look) + ".");
}

Finding judge_socket(std::string_view check, const std::string& path, const FileLook& look,
                     int knocked, const Users& users) {
  const std::string start = "Start the service: systemctl start latchkey.target.";
  if (look.error != 0) return not_seen(check, path, look.error, start);
  if (!S_ISSOCK(look.mode)) {
    return failure(check, path + " is not a socket.",
                   "Find out what it is, remove it, and start the service.");
  }
  if ((look.mode & S_IWOTH) != 0) {
    return failure(check, path + " is open to everybody: " + facts(look) + ".",
                   "chmod 0660 " + path + ": who connects is trusted like nginx.");
  }
  if (!is_trusted(look.owner, users)) {
    return failure(check, path + " belongs to somebody else: " + facts(look) + ".",
                   "Find out who made it, remove it, and start the service.");
  }
  if (knocked == EAGAIN) {
    return warning(check, path + ": somebody listens, and the queue in front of it is full.",
                   "See LatchkeyHashQueueLong and LatchkeyApiQueueLong in docs/operations.md.");
  }
  if (may_be_refused(knocked)) return not_seen(check, path, knocked, start);
  if (knocked != 0)
    return failure(check, "Nobody listens on " + path + ": " + message_of(knocked) + ".", start);
  return ok(check, path + ": somebody listens; " + facts(look) + ".");
}

}  // namespace latchkey::cli
