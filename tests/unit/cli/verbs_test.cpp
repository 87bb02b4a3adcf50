// SPDX-License-Identifier: Apache-2.0
#include "cli/verbs.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "cli/arguments.h"
#include "cli/exit_code.h"

namespace latchkey::cli {
namespace {

constexpr const char* kUsage = R"(latchkey garden VERB ... [--config FILE]
    Looks after plants.
      water PLANT [--all]
          pours,
          and looks
      weed
          pulls
    Options:
      --all  every one)";

int water(const Words& words) {
  const Arguments arguments(words, {{"all", false}});
  if (arguments.positional().empty()) throw UsageError("PLANT is needed");
  return static_cast<int>(arguments.positional().size());
}
int weed(const Words&) { return 40; }

constexpr std::array kVerbs{Verb{"water", water}, Verb{"weed", weed}};

int run(const Words& words) { return run_verb(kVerbs, words, kUsage); }

UsageError refused(const Words& words) {
  try {
    run(words);
  } catch (const UsageError& error) {
    return error;
  }
  ADD_FAILURE() << "not refused";
  return UsageError("");
}

TEST(Verbs, GetTheWordsAfterThem) {
  EXPECT_EQ(run({"water", "rose", "--all", "fern"}), 2);
  EXPECT_EQ(run({"weed"}), 40);
}

TEST(Verbs, OneThatIsMissingIsAskedForByName) {
  for (const Words& words : {Words{}, Words{"dance"}, Words{"--all", "water"}}) {
    EXPECT_EQ(refused(words).usage(),
              "latchkey garden VERB ... [--config FILE]\n    VERB is water, weed.\n"
              "    latchkey garden --help explains them.");
  }
  EXPECT_STREQ(refused({"waterr"}).what(), "there is no verb \"waterr\"; did you mean water?");
  EXPECT_STREQ(refused({"--all", "water"}).what(), "the verb goes before the options");
}

TEST(Verbs, RefuseWithTheirOwnUsage) {
  const std::string usage =
      "latchkey garden water PLANT [--all] [--config FILE]\n    pours,\n    and looks\n"
      "    latchkey garden --help explains the options and the exit status.";
  EXPECT_STREQ(refused({"water"}).what(), "PLANT is needed");
  EXPECT_EQ(refused({"water"}).usage(), usage);
  testing::internal::CaptureStdout();
  EXPECT_EQ(run({"water", "rose", "--help"}), kExitOk);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "Usage: " + usage + "\n");
}

}  // namespace
}  // namespace latchkey::cli
