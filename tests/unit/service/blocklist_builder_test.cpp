// SPDX-License-Identifier: Apache-2.0
#include "service/blocklist_builder.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "crypto/blocklist.h"
#include "doubles/made_blocklist.h"

namespace latchkey::service {
namespace {

void add(BlocklistBuilder& builder, std::string text) {
  LineReader lines([&text](std::span<char> buffer) {
    const std::size_t size = std::min(buffer.size(), text.size());
    std::copy_n(text.begin(), size, buffer.begin());
    text.erase(0, size);
    return size;
  });
  builder.add(lines);
}

std::string written_by(BlocklistBuilder& builder) {
  std::string bytes;
  builder.write([&bytes](std::string_view piece) { bytes += piece; });
  return bytes;
}

TEST(BlocklistBuilderTest, WhatItWritesIsABlocklist) {
  BlocklistBuilder builder;
  add(builder, "Sunshine99\nletmein!!\r\n  two words \n\nlast");
  add(builder, "second list\n");
  const doubles::MadeBlocklist file(written_by(builder));
  const crypto::Blocklist list(file.path());
  list.check_order();
  EXPECT_EQ(list.size(), 5U);
  for (const std::string_view password :
       {"sunshine99", "letmein!!", "  two words ", "last", "second list"}) {
    EXPECT_TRUE(list.contains(password)) << password;
  }
  EXPECT_FALSE(list.contains("two words"));
  EXPECT_FALSE(list.contains(""));
}

TEST(BlocklistBuilderTest, WritesEachEntryOnce) {
  BlocklistBuilder builder;
  add(builder, "sunshine99\nSUNSHINE99\nsunshine99\n");
  EXPECT_EQ(builder.counts().taken, 3U);
  const std::string bytes = written_by(builder);
  EXPECT_EQ(bytes.size(), crypto::kBlocklistHeaderBytes + crypto::kBlocklistEntryBytes);
}

TEST(BlocklistBuilderTest, TheOrderOfTheLinesDoesNotMatter) {
  BlocklistBuilder one;
  BlocklistBuilder other;
  add(one, "a\nb\nc\n");
  add(other, "c\nb\na\n");
  EXPECT_EQ(written_by(one), written_by(other));
}

TEST(BlocklistBuilderTest, PassesOverWhatIsNoPassword) {
  BlocklistBuilder builder;
  add(builder, std::string(1025, 'x') + "\n" + std::string(100'000, 'y') + "\nshort\n");
  EXPECT_EQ(builder.counts().taken, 1U);
  EXPECT_EQ(builder.counts().too_long, 2U);
}

TEST(BlocklistBuilderTest, AnEmptyListIsAList) {
  BlocklistBuilder builder;
  add(builder, "");
  const doubles::MadeBlocklist file(written_by(builder));
  EXPECT_EQ(crypto::Blocklist(file.path()).size(), 0U);
}

}  // namespace
}  // namespace latchkey::service
