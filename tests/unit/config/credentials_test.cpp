// SPDX-License-Identifier: Apache-2.0
#include "config/credentials.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/display.h"
#include "surroundings.h"

namespace latchkey::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class CredentialsTest : public ::testing::Test {
 protected:
  CredentialsTest() {
    std::string name = "/tmp/latchkey-credentials-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    directory_ = name;
  }
  ~CredentialsTest() override { std::filesystem::remove_all(directory_); }

  void put(const std::string& name, const std::string& content) const {
    std::ofstream(directory_ + '/' + name, std::ios::binary) << content;
  }
  // The environment of a service that systemd gives credentials.
  [[nodiscard]] Variables given(Variables more = {}) const {
    more.emplace("CREDENTIALS_DIRECTORY", directory_);
    return more;
  }
  [[nodiscard]] CredentialPlace in_directory() const { return {.path = directory_ + '/'}; }
  [[nodiscard]] std::string value_of(std::string_view name) const {
    const Credentials credentials = read_credentials(in_directory());
    const auto found = std::ranges::find(credentials.found, name, &Credential::name);
    return found == credentials.found.end() ? "(none)" : std::string(found->value.reveal());
  }

  std::string directory_;
};

TEST_F(CredentialsTest, AreTheSecretSettingsAndNothingElse) {
  put("JWT_SECRET_KEY", kGoodKey);
  put("DATABASE_URL", kGoodUrl);
  put("LOG_LEVEL", "LOUD");
  put("SOMETHING_ELSE", "x");
  const Settings s = load_from(given());
  EXPECT_EQ(s.jwt_secret_key.reveal(), kGoodKey);
  EXPECT_EQ(s.database_url.reveal(), kGoodUrl);
  EXPECT_EQ(s.log_level, base::LogLevel::kInfo);
  EXPECT_THAT(show_settings(s), AllOf(HasSubstr("JWT_SECRET_KEY"), HasSubstr("credential"),
                                      Not(HasSubstr(kGoodKey))));
}

TEST_F(CredentialsTest, LieBetweenTheEnvironmentAndTheFile) {
  const std::string other_key = std::string(kGoodKey) + "-of-the-file";
  const TemporaryFile file("DATABASE_URL=host=file\nJWT_SECRET_KEY=" + other_key + "\n");
  put("DATABASE_URL", "host=credential\n");
  put("JWT_SECRET_KEY", std::string(kGoodKey) + "\n");
  const Settings s = load_from(given({{"DATABASE_URL", "host=environment"}}), file.path());
  EXPECT_EQ(s.database_url.reveal(), "host=environment");
  EXPECT_EQ(s.jwt_secret_key.reveal(), kGoodKey);
  EXPECT_EQ(s.provenance.front().source, Source::kEnvironment);
}

TEST_F(CredentialsTest, LoseOneLineEndAndNoOtherByte) {
  for (const auto& [content, value] : Variables{{"secret", "secret"},
                                                {"secret\n", "secret"},
                                                {"secret\r\n", "secret"},
                                                {" \"s\\e=c#r$et'\" \n", " \"s\\e=c#r$et'\" "},
                                                {"\n", ""}}) {
    put("JWT_SECRET_KEY", content);
    EXPECT_EQ(value_of("JWT_SECRET_KEY"), value);
  }
}

TEST_F(CredentialsTest, MayBeMissing) {
  EXPECT_THAT(read_credentials(in_directory()).found, IsEmpty());
  EXPECT_THAT(read_credentials(in_directory()).errors, IsEmpty());
  EXPECT_EQ(load_from(with({{"CREDENTIALS_DIRECTORY", ""}})).jwt_secret_key.reveal(), kGoodKey);
  EXPECT_EQ(load_from(with({{"CREDENTIALS_DIRECTORY", "/nonexistent"}})).jwt_secret_key.reveal(),
            kGoodKey);
  EXPECT_EQ(load_from(with({{"CREDENTIALS_DIRECTORY_X", directory_}})).jwt_secret_key.reveal(),
            kGoodKey);
}

TEST_F(CredentialsTest, OfAStoreAreForWhoMayReadThem) {
  put("latchkey.JWT_SECRET_KEY", kGoodKey);
  put("JWT_SECRET_KEY", "of something else");
  // What not even root can read, and nobody can.
  std::filesystem::create_symlink(directory_ + "/latchkey.DATABASE_URL",
                                  directory_ + "/latchkey.DATABASE_URL");
  const CredentialPlace strict{.path = directory_ + "/latchkey."};
  CredentialPlace store = strict;
  store.may_be_unreadable = true;
  EXPECT_THAT(read_credentials(strict).errors, SizeIs(1));
  const Credentials credentials = read_credentials(store);
  EXPECT_THAT(credentials.errors, IsEmpty());
  ASSERT_THAT(credentials.found, SizeIs(1));
  EXPECT_EQ(credentials.found.front().name, "JWT_SECRET_KEY");
  EXPECT_EQ(credentials.found.front().value.reveal(), kGoodKey);
}

TEST_F(CredentialsTest, HaveABound) {
  put("JWT_SECRET_KEY", std::string(kMaxCredentialBytes, 'x'));
  EXPECT_EQ(value_of("JWT_SECRET_KEY").size(), kMaxCredentialBytes);
  put("JWT_SECRET_KEY", std::string(kMaxCredentialBytes + 1, 'x'));
  EXPECT_THAT(read_credentials(in_directory()).errors,
              ElementsAre(EndsWith("JWT_SECRET_KEY: cannot be read: it is larger than 4 KiB")));
}

TEST_F(CredentialsTest, AreOneLineOfText) {
  for (const std::string& content : {std::string("two\nlines\n"), std::string("a\0b", 3),
                                     std::string("\x7F"), std::string("\xC3\x28")}) {
    put("JWT_SECRET_KEY", content);
    EXPECT_THAT(read_credentials(in_directory()).errors,
                ElementsAre(HasSubstr("JWT_SECRET_KEY: ")));
    EXPECT_THAT(read_credentials(in_directory()).found, IsEmpty());
  }
}

TEST_F(CredentialsTest, ThatAreNoFilesAreNamed) {
  std::filesystem::create_directory(directory_ + "/JWT_SECRET_KEY");
  EXPECT_THAT(read_credentials(in_directory()).errors,
              ElementsAre(HasSubstr("JWT_SECRET_KEY: cannot be read: it is not a regular file")));
}

TEST_F(CredentialsTest, AreCheckedLikeEveryOtherValueAndNotShown) {
  put("JWT_SECRET_KEY", "shrt");
  const auto errors = errors_of(given({{"DATABASE_URL", kGoodUrl}}));
  ASSERT_THAT(errors, ElementsAre(AllOf(StartsWith("JWT_SECRET_KEY: is too short"),
                                        HasSubstr("(in " + directory_ + "/JWT_SECRET_KEY)"),
                                        Not(HasSubstr("shrt")))));
}

TEST_F(CredentialsTest, AreAllReportedWithTheOtherFaults) {
  put("JWT_SECRET_KEY", "two\nlines");
  EXPECT_THAT(errors_of(given({{"LOG_LEVEL", "LOUD"}})),
              ElementsAre(HasSubstr("has a control character"), StartsWith("DATABASE_URL"),
                          StartsWith("LOG_LEVEL"), StartsWith("JWT_SECRET_KEY")));
}

}  // namespace
}  // namespace latchkey::config
