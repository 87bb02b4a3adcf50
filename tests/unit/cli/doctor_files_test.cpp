// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_files.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "cli/doctor_certificate.h"
#include "doubles/made_certificate.h"
#include "process/listen_socket.h"

namespace latchkey::cli {
namespace {

constexpr uid_t kService = 500;
constexpr uid_t kStranger = 4242;
constexpr Users kRootLooks{.caller = 0, .service = kService};
constexpr Users kServiceLooks{.caller = kService, .service = kService};

FileLook file(mode_t mode, uid_t owner = kService) {
  return {.mode = S_IFREG | mode, .owner = owner};
}
FileLook directory(mode_t mode, uid_t owner = kService) {
  return {.mode = S_IFDIR | mode, .owner = owner};
}
FileLook socket_file(mode_t mode, uid_t owner = kService) {
  return {.mode = S_IFSOCK | mode, .owner = owner};
}

TEST(JudgeConfigFile, SecretsAreForTheServiceAlone) {
  const auto mark = [](const FileLook& look) {
    return judge_config_file("/f", look, kRootLooks).mark;
  };
  EXPECT_EQ(mark(file(0600)), Mark::kOk);
  EXPECT_EQ(mark(file(0640, 0)), Mark::kOk);
  EXPECT_EQ(mark(file(0644)), Mark::kFailure);
  EXPECT_EQ(mark(file(0602)), Mark::kFailure);
  EXPECT_EQ(mark(file(0660, 0)), Mark::kFailure);
  EXPECT_EQ(mark(file(0600, kStranger)), Mark::kFailure);
  EXPECT_EQ(mark(directory(0700)), Mark::kFailure);
  EXPECT_EQ(mark({.error = ENOENT}), Mark::kFailure);
  EXPECT_EQ(mark({.error = EACCES}), Mark::kCouldNotAsk);
}

TEST(JudgeBlocklist, TheServiceReadsAndNobodyElseWrites) {
  const Reader service{.user = kService, .groups = {600}};
  const auto judged = [&](const FileLook& folder, const FileLook& list) {
    return judge_blocklist({{"/f", folder}, {"/f/list", list}}, service, kRootLooks);
  };
  const auto mark = [&](const FileLook& folder, const FileLook& list) {
    return judged(folder, list).mark;
  };
  const auto roots = [](mode_t mode, gid_t group = 0) {
    return FileLook{.mode = S_IFREG | mode, .owner = 0, .group = group};
  };
  const FileLook usual = directory(0755, 0);
  EXPECT_EQ(mark(usual, roots(0644)), Mark::kOk);
  EXPECT_EQ(mark(usual, file(0400)), Mark::kOk);
  EXPECT_EQ(mark(usual, roots(0640, 600)), Mark::kOk);
  EXPECT_EQ(mark(directory(01777, 0), roots(0644)), Mark::kOk);
  EXPECT_EQ(mark(usual, roots(0664)), Mark::kWarning);
  EXPECT_EQ(mark(usual, roots(0646)), Mark::kFailure);
  EXPECT_EQ(mark(directory(0777, 0), roots(0644)), Mark::kFailure);
  EXPECT_EQ(mark(usual, file(0644, kStranger)), Mark::kFailure);
  EXPECT_EQ(mark(directory(0755, kStranger), roots(0644)), Mark::kFailure);
  EXPECT_EQ(mark({.error = EACCES}, roots(0644)), Mark::kCouldNotAsk);
  // What others may does not help who is in the group.
  EXPECT_EQ(mark(usual, roots(0604, 600)), Mark::kFailure);
  const Finding unreadable = judged(usual, roots(0600));
  EXPECT_EQ(unreadable.mark, Mark::kFailure);
  EXPECT_TRUE(unreadable.advice.starts_with("chmod 0644 /f/list")) << unreadable.advice;
  EXPECT_TRUE(judged(directory(0700, 0), roots(0644)).advice.starts_with("chmod o+x /f"));
}

TEST(JudgeBlocklist, TheWayGoesFromTheRootPastSymbolicLinks) {
  std::string folder = "/tmp/latchkey-steps-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  std::ofstream(folder + "/list") << "x";
  std::filesystem::create_symlink(folder + "/list", folder + "/link");
  const std::vector<Step> steps = steps_to(folder + "/link");
  std::vector<std::string> paths;
  for (const Step& step : steps) paths.push_back(step.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"/", "/tmp", folder, folder + "/list"}));
  EXPECT_TRUE(S_ISREG(steps.back().look.mode));
  EXPECT_EQ(reader_of(geteuid()).user, geteuid());
  EXPECT_FALSE(reader_of(geteuid()).groups.empty());
  std::filesystem::remove_all(folder);
}

TEST(JudgeRuntimeDir, OnlyItsOwnerWrites) {
  const auto mark = [](const FileLook& look, const Users& users = kRootLooks) {
    return judge_runtime_dir("/d", look, users).mark;
  };
  EXPECT_EQ(mark(directory(0750)), Mark::kOk);
  EXPECT_EQ(mark(directory(0711), kServiceLooks), Mark::kOk);
  EXPECT_EQ(mark(directory(0770)), Mark::kWarning);
  EXPECT_EQ(mark(directory(0757)), Mark::kFailure);
  EXPECT_EQ(mark(directory(01777, 0)), Mark::kFailure);
  EXPECT_EQ(mark(directory(0750, kStranger), kServiceLooks), Mark::kFailure);
  EXPECT_EQ(mark(file(0600)), Mark::kFailure);
  EXPECT_EQ(mark({.error = ENOENT}), Mark::kFailure);
  EXPECT_EQ(mark({.error = EACCES}), Mark::kCouldNotAsk);
}

TEST(JudgeSocket, SomebodyListensAndNotEverybodyMayConnect) {
  const auto mark = [](const FileLook& look, int knocked = 0) {
    return judge_socket("api.sock", "/s", look, knocked, kRootLooks).mark;
  };
  EXPECT_EQ(mark(socket_file(0660)), Mark::kOk);
  EXPECT_EQ(mark(socket_file(0660, 0)), Mark::kOk);
  EXPECT_EQ(mark(socket_file(0666)), Mark::kFailure);
  EXPECT_EQ(mark(socket_file(0660, kStranger)), Mark::kFailure);
  EXPECT_EQ(mark(socket_file(0660), ECONNREFUSED), Mark::kFailure);
  EXPECT_EQ(mark(socket_file(0660), EAGAIN), Mark::kWarning);
  EXPECT_EQ(mark(socket_file(0660), EACCES), Mark::kCouldNotAsk);
  EXPECT_EQ(mark(file(0660)), Mark::kFailure);
  EXPECT_EQ(mark({.error = ENOENT}), Mark::kFailure);
}

TEST(JudgeFiles, WhatIsWrongComesWithAnAdvice) {
  for (const FileLook& look : {file(0666), directory(0777), FileLook{.error = ENOENT}}) {
    for (const Finding& finding :
         {judge_config_file("/p", look, kRootLooks), judge_runtime_dir("/p", look, kRootLooks),
          judge_socket("s", "/p", look, 0, kRootLooks)}) {
      EXPECT_NE(finding.found.find("/p"), std::string::npos);
      EXPECT_NE(finding.advice, "") << finding.found;
    }
  }
}

class LookTest : public ::testing::Test {
 protected:
  LookTest() {
    std::string folder = "/tmp/latchkey-doctor-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder_ = folder;
  }
  ~LookTest() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
};

TEST_F(LookTest, SeesWhatIsThere) {
  const FileLook seen = look_at(folder_, Links::kFollow);
  EXPECT_EQ(seen.error, 0);
  EXPECT_TRUE(S_ISDIR(seen.mode));
  EXPECT_EQ(seen.mode & 07777U, 0700U);
  EXPECT_EQ(seen.owner, geteuid());
  EXPECT_EQ(look_at(folder_ + "/none", Links::kFollow).error, ENOENT);

  const std::string link = folder_ + "/link";
  std::filesystem::create_symlink(folder_, link);
  EXPECT_TRUE(S_ISDIR(look_at(link, Links::kFollow).mode));
  EXPECT_TRUE(S_ISLNK(look_at(link, Links::kDoNotFollow).mode));
}

TEST_F(LookTest, KnocksAtSockets) {
  const std::string path = folder_ + "/s";
  EXPECT_EQ(knock(path), ENOENT);
  {
    const process::ListenSocket listening(path);
    EXPECT_EQ(knock(path), 0);
  }
  std::ofstream(path) << "no socket";
  EXPECT_EQ(knock(path), ECONNREFUSED);
  EXPECT_EQ(knock(folder_ + '/' + std::string(200, 'x')), ENAMETOOLONG);
}

// ---- certificates

constexpr std::int64_t kNow = 1'800'000'000;
constexpr std::int64_t kDay = 86'400;

Mark mark_of(const std::string& pem) { return judge_certificate("/c", {.text = pem}, kNow).mark; }

std::string expiring_in(std::int64_t seconds) {
  return doubles::made_certificate("localhost", kNow - kDay, kNow + seconds);
}

TEST(JudgeCertificate, GoesByTheDaysThatAreLeft) {
  EXPECT_EQ(mark_of(expiring_in(14 * kDay)), Mark::kOk);
  EXPECT_EQ(mark_of(expiring_in(14 * kDay - 1)), Mark::kWarning);
  EXPECT_EQ(mark_of(expiring_in(3 * kDay)), Mark::kWarning);
  EXPECT_EQ(mark_of(expiring_in(3 * kDay - 1)), Mark::kFailure);
  EXPECT_EQ(mark_of(expiring_in(-1)), Mark::kFailure);
  EXPECT_EQ(mark_of(doubles::made_certificate("x", kNow + 1, kNow + 99 * kDay)), Mark::kFailure);
}

TEST(JudgeCertificate, TheOneOfAChainThatRunsOutFirstCounts) {
  const Finding finding = judge_certificate(
      "/c",
      {.text = expiring_in(99 * kDay) + doubles::made_certificate("authority", 0, kNow - kDay)},
      kNow);
  EXPECT_EQ(finding.mark, Mark::kFailure);
  EXPECT_EQ(finding.found, "/c (CN=authority) has expired at 2027-01-14 08:00 UTC.");
}

TEST(JudgeCertificate, WhatCannotBeReadIsSaid) {
  EXPECT_EQ(mark_of("nonsense"), Mark::kFailure);
  EXPECT_EQ(judge_certificate("/c", {.error = ENOENT}, kNow).mark, Mark::kFailure);
  EXPECT_EQ(judge_certificate("/c", {.error = EACCES}, kNow).mark, Mark::kCouldNotAsk);
}

TEST_F(LookTest, ReadsAFile) {
  const std::string path = folder_ + "/c";
  std::ofstream(path) << "text";
  EXPECT_EQ(read_file(path).text, "text");
  EXPECT_EQ(read_file(folder_).error, EISDIR);
  EXPECT_EQ(read_file(folder_ + "/none").error, ENOENT);
}

}  // namespace
}  // namespace latchkey::cli
