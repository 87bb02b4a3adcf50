// SPDX-License-Identifier: Apache-2.0
#include "config/env_file.h"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "surroundings.h"

namespace latchkey::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// The value that the one line of a file gives; what is wrong with it, in brackets, otherwise.
std::string value_of(const std::string& raw) {
  const EnvFile file = parse_env_file("KEY=" + raw + "\n");
  if (!file.errors.empty()) return "[" + file.errors[0] + "]";
  return std::string(file.lines.at(0).value.reveal());
}

TEST(EnvFileTest, TakesPlainValuesAsTheyStand) {
  EXPECT_EQ(value_of("value"), "value");
  EXPECT_EQ(value_of(""), "");
  EXPECT_EQ(value_of("a=b=c"), "a=b=c");
  EXPECT_EQ(value_of("a:b"), "a:b");
  EXPECT_EQ(value_of("a#b"), "a#b");
  EXPECT_EQ(value_of("a # b"), "a # b");
  EXPECT_EQ(value_of("!a;b"), "!a;b");
  EXPECT_EQ(value_of("${HOME}$(id)`id`"), "${HOME}$(id)`id`");
  EXPECT_EQ(value_of("a\"b\"'c'"), "a\"b\"'c'");
  EXPECT_EQ(value_of("\xC3\xA9t\xC3\xA9"), "\xC3\xA9t\xC3\xA9");
  EXPECT_EQ(value_of("postgresql://app:p%40ss@db:5432/x?sslmode=require#y"),
            "postgresql://app:p%40ss@db:5432/x?sslmode=require#y");
  EXPECT_EQ(value_of("host=/run/postgresql dbname='a b'"), "host=/run/postgresql dbname='a b'");
}

TEST(EnvFileTest, DropsTheBlanksAroundAPlainValue) {
  EXPECT_EQ(value_of("  a b \t "), "a b");
  EXPECT_EQ(value_of("a\\ "), "a ");
}

TEST(EnvFileTest, TakesABackslashInAPlainValueForTheNextCharacter) {
  EXPECT_EQ(value_of(R"(a\b)"), "ab");
  EXPECT_EQ(value_of(R"(a\\b)"), R"(a\b)");
  EXPECT_EQ(value_of(R"(\"a\")"), R"("a")");
  EXPECT_EQ(value_of(R"(\#a)"), "#a");
}

TEST(EnvFileTest, KeepsBackslashesInDoubleQuotesUnlessTheyEscape) {
  EXPECT_EQ(value_of(R"("a b # c")"), "a b # c");
  EXPECT_EQ(value_of(R"("")"), "");
  EXPECT_EQ(value_of(R"("  ")"), "  ");
  EXPECT_EQ(value_of(R"("a\"b")"), R"(a"b)");
  EXPECT_EQ(value_of(R"("a\\b")"), R"(a\b)");
  EXPECT_EQ(value_of(R"("a\$b\`c")"), "a$b`c");
  EXPECT_EQ(value_of(R"("a\nb\:c\=d")"), R"(a\nb\:c\=d)");
  EXPECT_EQ(value_of(R"("it's")"), "it's");
  EXPECT_EQ(value_of(R"(  "a"  )"), "a");
}

TEST(EnvFileTest, TakesSingleQuotesLiterally) { EXPECT_EQ(value_of(R"('a\b"c$d')"), R"(a\b"c$d)"); }

TEST(EnvFileTest, PassesOverCommentsAndEmptyLines) {
  const EnvFile file = parse_env_file(
      "# A comment with = and \" and \\\n"
      "; another\n"
      "\n"
      "   \t\n"
      "  # indented\n"
      "ONE=1\n"
      "  TWO = 2  \r\n"
      "#THREE=3\n"
      "four_4=4");
  EXPECT_THAT(file.errors, ElementsAre());
  ASSERT_EQ(file.lines.size(), 3U);
  EXPECT_EQ(file.lines[0].name, "ONE");
  EXPECT_EQ(file.lines[1].name, "TWO");
  EXPECT_EQ(file.lines[1].value.reveal(), "2");
  EXPECT_EQ(file.lines[1].number, 7U);
  EXPECT_EQ(file.lines[2].name, "four_4");
  EXPECT_EQ(file.lines[2].value.reveal(), "4");
}

TEST(EnvFileTest, RefusesWhatWouldMeanSomethingElseToSystemd) {
  EXPECT_THAT(value_of("\"a"), HasSubstr("quote that does not end"));
  EXPECT_THAT(value_of("'a"), HasSubstr("quote that does not end"));
  EXPECT_THAT(value_of("\"a\\\""), HasSubstr("quote that does not end"));
  EXPECT_THAT(value_of("\"a\" b"), HasSubstr("after its closing quote"));
  EXPECT_THAT(value_of("\"a\" # b"), HasSubstr("after its closing quote"));
  EXPECT_THAT(value_of("a\\"), HasSubstr("ends with a backslash"));
}

TEST(EnvFileTest, RefusesWhatIsNoLineOfTheForm) {
  for (const std::string_view line :
       {"KEY", "KEY: value", "export KEY=value", "=value", "1KEY=value", "K-Y=value",
        "KEY value = x", "\"KEY\"=value"}) {
    EXPECT_THAT(parse_env_file(line).errors, ElementsAre(HasSubstr("line 1 is not of the form")))
        << line;
  }
}

TEST(EnvFileTest, RefusesBytesThatAreNoText) {
  EXPECT_THAT(value_of("a\xFF"), HasSubstr("not UTF-8"));
  EXPECT_THAT(value_of("a\x01"), HasSubstr("control character"));
  EXPECT_THAT(value_of(std::string("a\0b", 3)), HasSubstr("control character"));
  EXPECT_THAT(value_of("a\rb"), HasSubstr("control character"));
  EXPECT_THAT(value_of(std::string(kMaxEnvLineBytes, 'x')), HasSubstr("longer than 4096"));
}

TEST(EnvFileTest, RefusesANameTwice) {
  EXPECT_THAT(parse_env_file("A=1\nB=2\nA=3\n").errors,
              ElementsAre("line 3 sets A again, after line 1"));
}

TEST(EnvFileTest, FindsEveryFaultAndRepeatsNoLine) {
  const EnvFile file = parse_env_file("HIDDEN1\nKEY=\"HIDDEN2\nA=1\nOTHER=HIDDEN3\\\n");
  ASSERT_EQ(file.errors.size(), 3U);
  for (const std::string& error : file.errors) EXPECT_THAT(error, Not(HasSubstr("HIDDEN")));
  EXPECT_EQ(file.lines.size(), 1U);
}

TEST(ReadEnvFileTest, ReadsAFile) {
  const TemporaryFile file("A=1\n");
  const EnvFile read = read_env_file(file.path());
  EXPECT_THAT(read.errors, ElementsAre());
  EXPECT_EQ(read.lines.at(0).value.reveal(), "1");
}

TEST(ReadEnvFileTest, SaysWhyAFileCannotBeRead) {
  EXPECT_THAT(read_env_file("/nonexistent/latchkey.env").errors,
              ElementsAre(HasSubstr("cannot be read: No such file")));
  EXPECT_THAT(read_env_file("/tmp").errors, ElementsAre(HasSubstr("not a regular file")));
  EXPECT_THAT(read_env_file("/dev/null").errors, ElementsAre(HasSubstr("not a regular file")));
}

TEST(ReadEnvFileTest, BoundsTheSize) {
  std::string text;
  while (text.size() < kMaxEnvFileBytes) text += "# sixteen bytes\n";
  EXPECT_THAT(read_env_file(TemporaryFile(text).path()).errors, ElementsAre());
  EXPECT_THAT(read_env_file(TemporaryFile(text + "#").path()).errors,
              ElementsAre(HasSubstr("larger than 64 KiB")));
}

}  // namespace
}  // namespace latchkey::config
