// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace latchkey::cli {
namespace {

using Words = std::vector<std::string>;

Arguments parsed(const Words& words) {
  return Arguments(words, {{"config"}, {"workers"}, {"quiet", false}});
}

// What is wrong with the words; "" if nothing is.
std::string fault_of(const Words& words) {
  try {
    (void)parsed(words);
    return "";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()), "");
    return error.what();
  }
}

TEST(Arguments, WithoutWordsThereIsNothing) {
  const Arguments arguments = parsed({});
  EXPECT_FALSE(arguments.has("config"));
  EXPECT_EQ(arguments.value("config"), std::nullopt);
  EXPECT_TRUE(arguments.positional().empty());
}

TEST(Arguments, AValueFollowsOrStandsBehindAnEqualsSign) {
  EXPECT_EQ(parsed({"--config", "/etc/a b"}).value("config"), "/etc/a b");
  EXPECT_EQ(parsed({"--config=/etc/a=b"}).value("config"), "/etc/a=b");
  EXPECT_TRUE(parsed({"--quiet"}).has("quiet"));
}

TEST(Arguments, TheRestGoesByPosition) {
  const Arguments arguments = parsed({"api", "--config", "file", "more"});
  EXPECT_EQ(arguments.positional(), (Words{"api", "more"}));
  EXPECT_EQ(arguments.value("config"), "file");
}

TEST(Arguments, RefusesWhatItDoesNotKnow) {
  EXPECT_NE(fault_of({"--unknown"}), "");
  EXPECT_NE(fault_of({"-x"}), "");
  EXPECT_NE(fault_of({"--configs", "x"}), "");
  EXPECT_EQ(fault_of({"--quiet=yes"}), "--quiet takes no value");
}

TEST(Arguments, RefusesAnAbbreviationAndSaysWhatIsMeant) {
  EXPECT_EQ(fault_of({"--conf", "x"}), "there is no option --conf; did you mean --config?");
  EXPECT_EQ(fault_of({"--q"}), "there is no option --q; did you mean --quiet?");
  EXPECT_EQ(fault_of({"--wrokers=3"}), "there is no option --wrokers; did you mean --workers?");
  EXPECT_EQ(fault_of({"--elephant"}), "there is no option --elephant");
  EXPECT_EQ(fault_of({"-c", "x"}), "there is no option -c; did you mean --config?");
}

TEST(Arguments, HelpIsAskedForAnywhereAndNeverAValue) {
  EXPECT_THROW(parsed({"--help"}), HelpAsked);
  EXPECT_THROW(parsed({"api", "--quiet", "-h"}), HelpAsked);
  EXPECT_EQ(fault_of({"--config", "--help"}), "--config needs a value");
}

TEST(Arguments, AValueMayLookLikeAnOptionOfOneLetter) {
  EXPECT_EQ(parsed({"--config", "-x"}).value("config"), "-x");
  EXPECT_EQ(parsed({"-"}).positional(), (Words{"-"}));
}

TEST(Arguments, RefusesAnOptionWithoutItsValue) {
  EXPECT_EQ(fault_of({"--config"}), "--config needs a value");
  EXPECT_EQ(fault_of({"--workers", "3", "--config"}), "--config needs a value");
  EXPECT_EQ(fault_of({"--config="}), "--config needs a value");
  EXPECT_EQ(fault_of({"--config", "--workers", "3"}), "--config needs a value");
}

TEST(Arguments, TwoDashesEndTheOptions) {
  EXPECT_EQ(parsed({"--quiet", "--", "--config"}).positional(), Words{"--config"});
}

TEST(Arguments, RefusesAnOptionThatIsGivenTwice) {
  EXPECT_EQ(fault_of({"--config", "a", "--config", "b"}), "--config is given twice");
  EXPECT_EQ(fault_of({"--quiet", "--quiet"}), "--quiet is given twice");
}

TEST(Arguments, AnOptionThatMayBeRepeatedKeepsItsOrder) {
  const Arguments arguments({"--file", "b", "--file=a", "--one", "x"},
                            {{"file", true, true}, {"one"}});
  EXPECT_EQ(arguments.values("file"), (Words{"b", "a"}));
  EXPECT_EQ(arguments.values("one"), Words{"x"});
  EXPECT_EQ(arguments.values("none"), Words{});
}

int number_of(const std::string& text) {
  return parsed({"--workers", text}).number("workers", 2, 1, 256);
}

TEST(Arguments, ReadsAWholeNumberInItsRange) {
  EXPECT_EQ(parsed({}).number("workers", 2, 1, 256), 2);
  EXPECT_EQ(number_of("1"), 1);
  EXPECT_EQ(number_of("256"), 256);
}

TEST(Arguments, RefusesOtherNumbers) {
  for (const std::string text :
       {"0", "257", "x", "3x", "3.5", "0x10", " 3", "+3", "99999999999999999999"}) {
    try {
      (void)number_of(text);
      ADD_FAILURE() << text;
    } catch (const UsageError& error) {
      EXPECT_STREQ(error.what(), "--workers takes a whole number from 1 to 256") << text;
    }
  }
}

}  // namespace
}  // namespace latchkey::cli
