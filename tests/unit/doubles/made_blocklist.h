// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>

#include "crypto/blocklist.h"

namespace latchkey::doubles {

// A file of passwords that lives as long as the object, written without the builder.
class MadeBlocklist {
 public:
  explicit MadeBlocklist(std::initializer_list<std::string_view> passwords) {
    std::set<std::uint64_t> entries;
    for (const std::string_view password : passwords)
      entries.insert(crypto::blocklist_entry(password));
    std::string bytes(crypto::kBlocklistMagic);
    append(bytes, entries.size());
    for (const std::uint64_t entry : entries) append(bytes, entry);
    write(bytes);
  }
  explicit MadeBlocklist(const std::string& bytes) { write(bytes); }
  MadeBlocklist(const MadeBlocklist&) = delete;
  MadeBlocklist& operator=(const MadeBlocklist&) = delete;
  ~MadeBlocklist() { std::remove(path_.c_str()); }

  [[nodiscard]] const std::string& path() const { return path_; }

  static void append(std::string& bytes, std::uint64_t number) {
    const auto ordered = crypto::in_blocklist_order(number);
    bytes.append(ordered.data(), ordered.size());
  }

 private:
  void write(const std::string& bytes) {
    std::string name = "/tmp/latchkey-blocklist-XXXXXX";
    const int fd = mkstemp(name.data());
    if (fd < 0) throw std::runtime_error("mkstemp");
    close(fd);
    path_ = name;
    std::ofstream(path_, std::ios::binary) << bytes;
  }

  std::string path_;
};

}  // namespace latchkey::doubles
