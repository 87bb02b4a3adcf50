// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "db/database.h"
#include "doubles/records.h"

namespace latchkey::db {
namespace {

TEST(Parameter, IsTheTextOfItsValue) {
  EXPECT_STREQ(Parameter(std::string_view("O'Brien")).c_str(), "O'Brien");
  EXPECT_STREQ(Parameter(std::string()).c_str(), "");
  EXPECT_STREQ(Parameter(std::numeric_limits<std::int64_t>::min()).c_str(), "-9223372036854775808");
  EXPECT_STREQ(Parameter(std::int32_t{-7}).c_str(), "-7");
  EXPECT_STREQ(Parameter(doubles::uuid()).c_str(), doubles::kSessionId);
}

TEST(Parameter, NothingIsNull) {
  EXPECT_EQ(Parameter(std::nullopt).c_str(), nullptr);
  EXPECT_EQ(Parameter(std::optional<std::string>()).c_str(), nullptr);
  EXPECT_EQ(Parameter(std::optional<std::int64_t>()).c_str(), nullptr);
  EXPECT_STREQ(Parameter(std::optional<std::string>("x")).c_str(), "x");
  EXPECT_STREQ(Parameter(std::optional<std::int64_t>(7)).c_str(), "7");
}

using ParameterDeathTest = ::testing::Test;

// libpq would cut the text there and look somebody else up.
TEST(ParameterDeathTest, TextWithANulIsABug) {
  EXPECT_DEATH(Parameter(std::string("admin\0x", 7)), "");
}

}  // namespace
}  // namespace latchkey::db
