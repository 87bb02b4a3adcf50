// SPDX-License-Identifier: Apache-2.0
#pragma once

// A file of refused passwords, looked up without reading more than a few KiB of it.
//
//     8 bytes   "LKBLOCK" and 0x01, the version of this form
//     8 bytes   how many entries follow
//     8 each    the entries, ascending, no two alike: the first 8 bytes of the SHA-256 of a
//               password in lower case (ASCII letters; all other bytes as they are)
//
// All numbers have their most significant byte first. Two passwords that share an entry by chance
// are one in 2^64: of ten million entries, one good password in 10^12 is refused.
//
// Hashes are evenly spread, so where an entry must be follows from its value, and two or three
// reads find it. They are reads and not a mapping: they go to the page cache all the same, which
// the workers share, and a file that somebody cuts short is then an error and not a SIGBUS.
// A file is replaced by another (rename), never written in place; workers that started before go
// on with the old one.
//
// Runs in workers and on the command line. A file that is no blocklist is a BlocklistFault
// when it is opened. One that cannot be read later is Error(kInternalError): "could not ask", which
// must not pass for "not in the list".

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/descriptor.h"

namespace latchkey::crypto {

inline constexpr std::string_view kBlocklistMagic{"LKBLOCK\x01", 8};
inline constexpr std::size_t kBlocklistHeaderBytes = 16;
inline constexpr std::size_t kBlocklistEntryBytes = 8;
inline constexpr std::uint64_t kMaxBlocklistEntries = 2'000'000'000;

// What is wrong with a file, as the end of a sentence that begins with its name.
class BlocklistFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What stands in the file for a password.
std::uint64_t blocklist_entry(std::string_view password);

std::array<char, 8> in_blocklist_order(std::uint64_t number);
std::uint64_t from_blocklist_order(const char* bytes);

class Blocklist {
 public:
  explicit Blocklist(const std::string& path);

  [[nodiscard]] bool contains(std::string_view password) const;
  [[nodiscard]] std::uint64_t size() const { return size_; }
  // Reads all of it: a BlocklistFault if the entries are not in their order.
  void check_order() const;

 private:
  // Some entries that stand side by side.
  class Window;

  base::Descriptor file_;
  std::uint64_t size_ = 0;
};

}  // namespace latchkey::crypto
