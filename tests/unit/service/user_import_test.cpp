// SPDX-License-Identifier: Apache-2.0
#include "service/user_import.h"

#include <gtest/gtest.h>

#include "doubles/fake_clock.h"
#include "doubles/fake_users.h"

namespace latchkey::service {
namespace {

using Strings = std::vector<std::string>;

const std::string kHash = "$2b$12$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
constexpr std::int64_t kNowMs = 1'771'497'045'123;

ImportFields fields(const std::string& email, const std::string& username) {
  return {.email = email,
          .username = username,
          .password_hash = kHash,
          .is_active = std::nullopt,
          .created_at = std::nullopt};
}

// The code of the fault, or "".
std::string fault_of(const ImportFields& given) {
  const auto judged = judge(given, kNowMs);
  const auto* const fault = std::get_if<ImportFault>(&judged);
  return fault == nullptr ? "" : fault->code;
}

TEST(JudgeTest, TakesAUser) {
  ImportFields given = fields("Ada@example.com", "Ada");
  given.created_at = "2024-01-31T12:00:00Z";
  for (const auto& [text, is_active] :
       {std::pair{"true", true}, std::pair{"T", true}, std::pair{"1", true}, std::pair{"yes", true},
        std::pair{"False", false}, std::pair{"f", false}, std::pair{"0", false},
        std::pair{"no", false}}) {
    given.is_active = text;
    const auto judged = judge(given, kNowMs);
    const auto& user = std::get<db::ImportedUser>(judged);
    EXPECT_EQ(user.email, "Ada@example.com");
    EXPECT_EQ(user.username, "Ada");
    EXPECT_EQ(user.password_hash, kHash);
    EXPECT_EQ(user.is_active, is_active) << text;
    EXPECT_EQ(user.created_at_ms, 1706702400000);
  }
  EXPECT_TRUE(std::get<db::ImportedUser>(judge(fields("a@b.co", "ada"), kNowMs)).is_active);
}

TEST(JudgeTest, TakesEveryHashThatLoginsCanVerify) {
  ImportFields given = fields("a@b.co", "ada");
  for (const char* const prefix : {"$2a$", "$2b$", "$2y$"}) {
    given.password_hash = prefix + kHash.substr(4);
    EXPECT_EQ(fault_of(given), "") << prefix;
  }
  for (const std::string& hash :
       {std::string("plain"), std::string("*0"), "$2x$" + kHash.substr(4),
        "$2b$31" + kHash.substr(6), "$2b$03" + kHash.substr(6), kHash + "x", kHash.substr(1),
        std::string("$1$salt$hash"), std::string("5f4dcc3b5aa765d61d8327deb882cf99"),
        std::string(600, '$')}) {
    given.password_hash = hash;
    EXPECT_EQ(fault_of(given), "password_hash_unsupported") << hash;
  }
}

TEST(JudgeTest, RefusesWhatRegistrationRefuses) {
  EXPECT_EQ(fault_of(fields("a@b", "ada")), "email_invalid");
  EXPECT_EQ(fault_of(fields(std::string(300, 'a') + "@b.co", "ada")), "email_too_long");
  EXPECT_EQ(fault_of(fields("a@b.co", "ad")), "username_too_short");
  EXPECT_EQ(fault_of(fields("a@b.co", std::string(51, 'a'))), "username_too_long");
  EXPECT_EQ(fault_of(fields("a@b.co", "a da")), "username_invalid_characters");
  EXPECT_EQ(fault_of(fields("a@b.co", "ad\na")), "username_invalid_characters");
}

TEST(JudgeTest, RefusesWhatIsMissingOrMakesNoSense) {
  for (const auto& [field, code] :
       {std::pair{&ImportFields::email, "email_missing"},
        std::pair{&ImportFields::username, "username_missing"},
        std::pair{&ImportFields::password_hash, "password_hash_missing"}}) {
    ImportFields given = fields("a@b.co", "ada");
    given.*field = std::nullopt;
    EXPECT_EQ(fault_of(given), code);
  }
  ImportFields given = fields("a@b.co", "ada");
  given.is_active = "perhaps";
  EXPECT_EQ(fault_of(given), "is_active_invalid");
  given.is_active = std::nullopt;
  for (const char* const text : {"yesterday", "99999999999999999999", "2024-01-31"}) {
    given.created_at = text;
    EXPECT_EQ(fault_of(given), "created_at_invalid");
  }
  given.created_at = "2026-02-19T10:30:46Z";
  EXPECT_EQ(fault_of(given), "created_at_future");
}

// Entries that are put on a list.
class ListedEntries final : public ImportReader {
 public:
  std::optional<ImportEntry> next() override {
    if (at_ == entries.size()) return std::nullopt;
    return entries[at_++];
  }
  void add(const std::string& email, const std::string& username) {
    entries.push_back({.line = std::ssize(entries) + 2,
                       .fault = std::nullopt,
                       .fields = fields(email, username)});
  }
  std::vector<ImportEntry> entries;

 private:
  std::size_t at_ = 0;
};

class UserImportTest : public ::testing::Test {
 protected:
  ImportCounts run(bool is_dry_run = false) {
    UserImport import({.users = users_,
                       .clock = clock_,
                       .actor = "cli:root",
                       .is_dry_run = is_dry_run,
                       .refuse =
                           [this](const ImportRefusal& refusal) {
                             refusals_.push_back(std::to_string(refusal.line) + ':' +
                                                 refusal.fault.code);
                           },
                       .observe = [this](const ImportCounts& counts) { last_seen_ = counts; }});
    return import.run(reader_);
  }

  doubles::FakeUsers users_;
  doubles::FakeClock clock_;
  ListedEntries reader_;
  Strings refusals_;
  ImportCounts last_seen_;
};

TEST_F(UserImportTest, GoesInBatches) {
  for (int i = 0; i < 2500; ++i) {
    const std::string name = "user" + std::to_string(i);
    reader_.add(name + "@example.com", name);
  }
  const ImportCounts counts = run();
  EXPECT_EQ(counts.taken, 2500);
  EXPECT_EQ(counts.refused, 0);
  EXPECT_EQ(last_seen_.taken, 2500);
  EXPECT_EQ(users_.deeds, (Strings{"import 1000 by cli:root", "import 1000 by cli:root",
                                   "import 500 by cli:root"}));
}

TEST_F(UserImportTest, TellsRefusalsInTheOrderOfTheLines) {
  users_.names = {"taken"};
  reader_.add("a@b.co", "taken");
  reader_.add("nonsense", "bob");
  reader_.add("c@b.co", "cid");
  reader_.entries.push_back({.line = 5, .fault = ImportFault{"too_long", ""}, .fields = {}});
  reader_.add("d@b.co", "cid");
  const ImportCounts counts = run();
  EXPECT_EQ(refusals_,
            (Strings{"2:username_taken", "3:email_invalid", "5:too_long", "6:username_taken"}));
  EXPECT_EQ(counts.taken, 1);
  EXPECT_EQ(counts.refused, 4);
}

TEST_F(UserImportTest, AFileOfNonsenseAsksTheDatabaseNothing) {
  for (int i = 0; i < 3000; ++i) reader_.add("nonsense", "bob");
  EXPECT_EQ(run().refused, 3000);
  EXPECT_EQ(refusals_.size(), 3000U);
  EXPECT_TRUE(users_.deeds.empty());
}

TEST_F(UserImportTest, ADryRunSeesWhatEarlierLinesWouldTake) {
  users_.names = {"taken"};
  reader_.add("a@b.co", "taken");
  reader_.add("A@b.co", "ada");  // free: the line before is not taken
  reader_.add("a@B.co", "ada2");
  reader_.add("b@b.co", "ADA");
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "user" + std::to_string(i);
    reader_.add(name + "@example.com", name);
  }
  reader_.add("user1@example.com", "other");
  const ImportCounts counts = run(true);
  EXPECT_EQ(refusals_,
            (Strings{"2:username_taken", "4:email_taken", "5:username_taken", "1006:email_taken"}));
  EXPECT_EQ(counts.taken, 1001);
}

}  // namespace
}  // namespace latchkey::service
