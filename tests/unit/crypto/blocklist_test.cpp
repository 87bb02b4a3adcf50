// SPDX-License-Identifier: Apache-2.0
#include "crypto/blocklist.h"

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

#include <gmock/gmock.h>

#include "base/error.h"
#include "doubles/made_blocklist.h"

namespace latchkey::crypto {
namespace {

using doubles::MadeBlocklist;
using ::testing::HasSubstr;

std::string header_of(std::uint64_t entries) {
  std::string bytes(kBlocklistMagic);
  MadeBlocklist::append(bytes, entries);
  return bytes;
}

// A list of entries as they are given, in whatever order.
std::string bytes_of(const std::vector<std::uint64_t>& entries) {
  std::string bytes = header_of(entries.size());
  for (const std::uint64_t entry : entries) MadeBlocklist::append(bytes, entry);
  return bytes;
}

std::string fault_of(const std::string& path) {
  try {
    const Blocklist opened(path);
    opened.check_order();
  } catch (const BlocklistFault& fault) {
    return fault.what();
  }
  return "none";
}

TEST(BlocklistTest, EntriesAreWhatTheFormSays) {
  // printf password | sha256sum
  EXPECT_EQ(blocklist_entry("password"), 0x5e884898da280471U);
  EXPECT_EQ(blocklist_entry("PassWord"), 0x5e884898da280471U);
  EXPECT_NE(blocklist_entry("password "), 0x5e884898da280471U);
  // Beyond ASCII nothing is made equal.
  EXPECT_NE(blocklist_entry("\xC3\x89"), blocklist_entry("\xC3\xA9"));
}

TEST(BlocklistTest, FindsWhatItHas) {
  const MadeBlocklist file({"sunshine99", "letmein!!", "\xC3\xA9toile99"});
  const Blocklist list(file.path());
  EXPECT_EQ(list.size(), 3U);
  EXPECT_TRUE(list.contains("sunshine99"));
  EXPECT_TRUE(list.contains("SunShine99"));
  EXPECT_TRUE(list.contains("\xC3\xA9TOILE99"));
  EXPECT_FALSE(list.contains("sunshine9"));
  EXPECT_FALSE(list.contains(""));
}

TEST(BlocklistTest, AnEmptyListHasNothing) {
  const MadeBlocklist file(header_of(0));
  EXPECT_FALSE(Blocklist(file.path()).contains("sunshine99"));
}

// More entries than a look takes in, so that it needs several: every one is found, no other is.
TEST(BlocklistTest, FindsEveryEntryOfALongList) {
  std::set<std::uint64_t> entries;
  constexpr int kCount = 20'000;
  for (int i = 0; i < kCount; ++i) entries.insert(blocklist_entry("password" + std::to_string(i)));
  const MadeBlocklist file(bytes_of({entries.begin(), entries.end()}));
  const Blocklist list(file.path());
  list.check_order();
  for (int i = 0; i < kCount; ++i) {
    ASSERT_TRUE(list.contains("password" + std::to_string(i))) << i;
    ASSERT_FALSE(list.contains("passphrase" + std::to_string(i))) << i;
  }
}

// Where guesses go wrong: entries that crowd at one end, or are spread like nothing natural.
TEST(BlocklistTest, ASkewedListIsSearchedToo) {
  const std::uint64_t wanted = blocklist_entry("sunshine99");
  for (const bool crowds_below : {false, true}) {
    std::set<std::uint64_t> entries{wanted};
    for (std::uint64_t i = 0; i < 100'000; ++i) entries.insert(crowds_below ? i : ~i);
    for (unsigned shift = 0; shift < 64; ++shift) entries.insert(std::uint64_t{1} << shift);
    const MadeBlocklist file(bytes_of({entries.begin(), entries.end()}));
    const Blocklist list(file.path());
    EXPECT_TRUE(list.contains("sunshine99"));
    EXPECT_FALSE(list.contains("sunshine98"));
  }
}

TEST(BlocklistTest, ADamagedListIsSearchedToAnEnd) {
  std::vector<std::uint64_t> entries;
  for (std::uint64_t i = 0; i < 50'000; ++i) entries.push_back(i * 0x9E3779B97F4A7C15U);
  const MadeBlocklist file(bytes_of(entries));
  const Blocklist list(file.path());
  for (int i = 0; i < 1000; ++i) (void)list.contains("password" + std::to_string(i));
  EXPECT_THAT(fault_of(file.path()), HasSubstr("in no order"));
}

TEST(BlocklistTest, RefusesWhatIsNoBlocklist) {
  EXPECT_THAT(fault_of("/nonexistent/list"), HasSubstr("cannot be opened: No such file"));
  EXPECT_THAT(fault_of("/tmp"), HasSubstr("is not a regular file"));
  EXPECT_THAT(fault_of("/dev/null"), HasSubstr("is not a regular file"));
  const std::string good = bytes_of({1, 2, 3});
  EXPECT_EQ(fault_of(MadeBlocklist(good).path()), "none");
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_NE(fault_of(MadeBlocklist(good.substr(0, length)).path()), "none") << length;
  EXPECT_THAT(fault_of(MadeBlocklist("password\n123456\nqwerty99\n").path()),
              HasSubstr("is no blocklist"));
  EXPECT_THAT(fault_of(MadeBlocklist(good + "x").path()), HasSubstr("its size"));
  EXPECT_THAT(fault_of(MadeBlocklist(header_of(UINT64_MAX / 8)).path()), HasSubstr("its size"));
  // 2^61 entries of eight bytes are 2^64 bytes, which is nothing.
  EXPECT_THAT(fault_of(MadeBlocklist(header_of(std::uint64_t{1} << 61)).path()),
              HasSubstr("its size"));
  std::string other_version = good;
  other_version[7] = 2;
  EXPECT_THAT(fault_of(MadeBlocklist(other_version).path()), HasSubstr("of this version"));
  EXPECT_THAT(fault_of(MadeBlocklist(bytes_of({1, 3, 2})).path()), HasSubstr("in no order"));
  EXPECT_THAT(fault_of(MadeBlocklist(bytes_of({1, 2, 2})).path()), HasSubstr("in no order"));
}

// Somebody writes over the file in place: an answer of "not in the list" would be a lie, and a
// mapping would be the end of the process.
TEST(BlocklistTest, AFileThatIsCutShortUnderUsIsAnErrorAndNoAnswer) {
  std::vector<std::uint64_t> entries;
  for (std::uint64_t i = 1; i <= 10'000; ++i) entries.push_back(i << 50U);
  const MadeBlocklist file(bytes_of(entries));
  const Blocklist list(file.path());
  std::filesystem::resize_file(file.path(), kBlocklistHeaderBytes);
  EXPECT_THROW((void)list.contains("sunshine99"), base::Error);
}

TEST(BlocklistTest, AFileThatIsReplacedIsReadOn) {
  const MadeBlocklist file({"sunshine99"});
  const Blocklist list(file.path());
  std::filesystem::remove(file.path());
  EXPECT_TRUE(list.contains("sunshine99"));
}

}  // namespace
}  // namespace latchkey::crypto
