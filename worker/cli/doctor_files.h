// SPDX-License-Identifier: Apache-2.0
#pragma once

// The files of a node, as `latchkey doctor` judges them: the file of settings, the blocklist, the
// runtime directory, the sockets. Looking (look_at, steps_to, knock) is apart from judging.
//
// A knock is a connection that is closed at once. The workers take no notice of it; where systemd
// holds the socket and no worker runs, it starts one, as any request would.
//
// Runs on the command line. No failures: what could not be looked at is a finding.

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "cli/finding.h"

namespace latchkey::cli {

// What lstat(2) or stat(2) says.
struct FileLook {
  int error = 0;  // errno; the rest is then 0
  mode_t mode = 0;
  uid_t owner = 0;
  gid_t group = 0;
};

enum class Links { kFollow, kDoNotFollow };

FileLook look_at(const std::string& path, Links links);

// A directory on the way to a file, or the file.
struct Step {
  std::string path;
  FileLook look;
};

// From / down to the file itself, past all symbolic links.
std::vector<Step> steps_to(const std::string& path);

// Who opens a file, as the kernel sees it.
struct Reader {
  uid_t user = 0;
  std::vector<gid_t> groups{};
};
Reader reader_of(uid_t user);

// 0, or the errno of a connect(2) that does not wait.
int knock(const std::string& socket_path);

// Who looks, and who the service is: the owner of the runtime directory, if it is there.
struct Users {
  uid_t caller = 0;
  std::optional<uid_t> service{};
};

Finding judge_config_file(const std::string& path, const FileLook& look, const Users& users);
// Can the service read it, and nobody but the administrator write it? Only modes and owners are
// looked at, no access control lists. `service`: nullopt if nobody knows.
Finding judge_blocklist(const std::vector<Step>& steps, const std::optional<Reader>& service,
                        const Users& users);
Finding judge_runtime_dir(const std::string& path, const FileLook& look, const Users& users);
// `knocked`: what knock() gave; not asked for where the file is no socket.
Finding judge_socket(std::string_view check, const std::string& path, const FileLook& look,
                     int knocked, const Users& users);

}  // namespace latchkey::cli
