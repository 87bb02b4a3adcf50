// SPDX-License-Identifier: Apache-2.0
#include "config/environment.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "surroundings.h"

namespace latchkey::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The strings and the array of an environment, as a process has them.
class Block {
 public:
  explicit Block(std::vector<std::string> entries) : entries_(std::move(entries)) {
    for (std::string& entry : entries_) pointers_.push_back(entry.data());
    pointers_.push_back(nullptr);
  }
  [[nodiscard]] char** variables() { return pointers_.data(); }
  [[nodiscard]] const std::string& memory_of(std::size_t i) const { return entries_[i]; }
  [[nodiscard]] std::vector<std::string> visible() const { return texts_of(pointers_.data()); }

  static std::vector<std::string> texts_of(const char* const* variables) {
    std::vector<std::string> texts;
    for (; *variables != nullptr; ++variables) texts.emplace_back(*variables);
    return texts;
  }

 private:
  std::vector<std::string> entries_;
  std::vector<char*> pointers_;
};

TEST(EnvironmentTest, OverwritesSecretsWhereTheyStand) {
  Block block({"PATH=/bin", "JWT_SECRET_KEY=short", "JWT_ISSUER=me"});
  const Environment environment(block.variables());
  EXPECT_EQ(block.memory_of(1), "JWT_SECRET_KEY=" + std::string(5, '\0'));
  EXPECT_EQ(block.memory_of(0), "PATH=/bin");
  EXPECT_THAT(block.visible(), ElementsAre("PATH=/bin", "JWT_ISSUER=me"));
}

TEST(EnvironmentTest, HasThemAllTheSame) {
  Block block({"JWT_SECRET_KEY=short", "PATH=/bin", "DATABASE_URL=a string of more than 15 bytes",
               "JWT_SECRET_KEY=another"});
  const Environment environment(block.variables());
  EXPECT_THAT(Block::texts_of(environment.all()),
              ElementsAre("PATH=/bin", "JWT_SECRET_KEY=short",
                          "DATABASE_URL=a string of more than 15 bytes", "JWT_SECRET_KEY=another"));
}

TEST(EnvironmentTest, LeavesEverythingElseAlone) {
  const std::vector<std::string> entries{
      "JWT_SECRET_KEY=", "JWT_SECRET_KEYS=x", "DATABASE_URL", "=x", "", "LISTEN_FDS=1"};
  Block block(entries);
  const Environment environment(block.variables());
  EXPECT_EQ(block.visible(), entries);
  EXPECT_EQ(Block::texts_of(environment.all()), entries);
}

TEST(EnvironmentTest, MayBeEmpty) {
  Block block({});
  EXPECT_THAT(Block::texts_of(Environment(block.variables()).all()), IsEmpty());
}

TEST(EnvironmentTest, GivesLoadWhatItNeeds) {
  Block block({std::string("DATABASE_URL=") + kGoodUrl, std::string("JWT_SECRET_KEY=") + kGoodKey});
  const Environment environment(block.variables());
  EXPECT_EQ(load(environment.all(), std::nullopt).jwt_secret_key.reveal(), kGoodKey);
}

}  // namespace
}  // namespace latchkey::config
