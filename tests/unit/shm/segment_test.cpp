// SPDX-License-Identifier: Apache-2.0
#include "shm/segment.h"

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <random>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/error.h"
#include "shm/children.h"

namespace latchkey::shm {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class RuntimeDir {
 public:
  RuntimeDir() {
    std::string pattern = (fs::temp_directory_path() / "latchkey-shm-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  RuntimeDir(const RuntimeDir&) = delete;
  RuntimeDir& operator=(const RuntimeDir&) = delete;
  ~RuntimeDir() { fs::remove_all(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file() const { return path_ + "/" + segment_file_name(); }
  [[nodiscard]] std::vector<std::string> entries() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

 private:
  std::string path_;
};

// The cause of the error that opening gives, "" if it succeeds.
std::string refusal_of(const RuntimeDir& dir) {
  try {
    const Segment segment = Segment::open_or_create(dir.path());
    return "";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kInternalError);
    EXPECT_THAT(error.cause(), HasSubstr(dir.file()));
    return error.cause();
  }
}

void overwrite(const std::string& file, std::streamoff offset, std::uint64_t value) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(offset);
  stream.write(reinterpret_cast<const char*>(&value), sizeof(value));
  ASSERT_TRUE(stream.good());
}

TEST(Segment, IsMadeWithHeaderModeAndZeros) {
  const RuntimeDir dir;
  const mode_t old_mask = umask(0777);
  const Segment segment = Segment::open_or_create(dir.path());
  umask(old_mask);

  EXPECT_FALSE(segment.is_private());
  EXPECT_EQ(segment.layout().header.magic.load(), kSegmentMagic);
  EXPECT_EQ(segment.layout().header.layout_version.load(), kLayoutVersion);
  EXPECT_EQ(segment.layout().header.size_bytes.load(), sizeof(SharedLayout));
  EXPECT_EQ(segment.layout().database_breaker.word.load(), 0U);

  struct stat file {};
  ASSERT_EQ(stat(dir.file().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777U, 0600U);
  EXPECT_EQ(file.st_size, static_cast<off_t>(sizeof(SharedLayout)));
  EXPECT_GT(file.st_blocks, 0);
  EXPECT_THAT(dir.entries(), testing::ElementsAre(segment_file_name()));
}

TEST(Segment, IsTheSameMemoryForAllWhoAttach) {
  const RuntimeDir dir;
  const Segment first = Segment::open_or_create(dir.path());
  const Segment second = Segment::open_or_create(dir.path());
  const Segment third = Segment::open_existing(dir.path());
  EXPECT_NE(&first.layout(), &second.layout());
  first.layout().database_breaker.refused.store(7);
  EXPECT_EQ(second.layout().database_breaker.refused.load(), 7U);
  EXPECT_EQ(third.layout().database_breaker.refused.load(), 7U);
}

TEST(Segment, KeepsItsStateWhenNobodyIsAttached) {
  const RuntimeDir dir;
  Segment::open_or_create(dir.path()).layout().database_breaker.opened.store(3);
  EXPECT_EQ(Segment::open_or_create(dir.path()).layout().database_breaker.opened.load(), 3U);
}

TEST(Segment, MovesAndSwaps) {
  Segment first = Segment::make_private();
  first.layout().database_breaker.opened.store(1);
  Segment second = std::move(first);
  EXPECT_EQ(second.layout().database_breaker.opened.load(), 1U);
  second = Segment::make_private();
  EXPECT_EQ(second.layout().database_breaker.opened.load(), 0U);
}

TEST(Segment, PrivateOneIsSharedWithForkedChildrenOnly) {
  const Segment segment = Segment::make_private();
  EXPECT_TRUE(segment.is_private());
  EXPECT_EQ(segment.layout().header.magic.load(), kSegmentMagic);
  Child child([&] {
    segment.layout().database_breaker.refused.fetch_add(1);
    return 0;
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(segment.layout().database_breaker.refused.load(), 1U);
}

TEST(Segment, OpenExistingMakesNothing) {
  const RuntimeDir dir;
  EXPECT_THROW(Segment::open_existing(dir.path()), base::Error);
  EXPECT_THAT(dir.entries(), testing::IsEmpty());
}

TEST(Segment, RefusesAMissingDirectory) {
  const RuntimeDir dir;
  EXPECT_THROW(Segment::open_or_create(dir.path() + "/missing"), base::Error);
}

TEST(Segment, RefusesASymbolicLink) {
  const RuntimeDir dir;
  const RuntimeDir other;
  const Segment target = Segment::open_or_create(other.path());
  fs::create_symlink(other.file(), dir.file());
  EXPECT_THAT(refusal_of(dir), HasSubstr("symbolic link"));
  fs::remove(dir.file());
  fs::create_symlink(other.path() + "/dangling", dir.file());
  EXPECT_THAT(refusal_of(dir), HasSubstr("symbolic link"));
}

TEST(Segment, RefusesWhatIsNoRegularFile) {
  const RuntimeDir dir;
  ASSERT_EQ(mkfifo(dir.file().c_str(), 0600), 0);
  EXPECT_THAT(refusal_of(dir), HasSubstr("not a regular file"));
  fs::remove(dir.file());
  fs::create_directory(dir.file());
  EXPECT_THAT(refusal_of(dir), HasSubstr("directory"));
}

TEST(Segment, RefusesEveryOtherLength) {
  const RuntimeDir dir;
  for (const std::uintmax_t length :
       {std::uintmax_t{0}, std::uintmax_t{1}, std::uintmax_t{64},
        std::uintmax_t{sizeof(SharedLayout) - 1}, std::uintmax_t{sizeof(SharedLayout) + 1}}) {
    fs::remove(dir.file());
    static_cast<void>(Segment::open_or_create(dir.path()));
    fs::resize_file(dir.file(), length);
    EXPECT_THAT(refusal_of(dir), HasSubstr(std::to_string(length) + " bytes"));
    EXPECT_EQ(fs::file_size(dir.file()), length) << "a foreign file is left alone";
  }
}

TEST(Segment, RefusesAForeignHeader) {
  const RuntimeDir dir;
  const auto with = [&](std::streamoff offset, std::uint64_t value) {
    fs::remove(dir.file());
    static_cast<void>(Segment::open_or_create(dir.path()));
    overwrite(dir.file(), offset, value);
    return refusal_of(dir);
  };
  EXPECT_THAT(with(0, kSegmentMagic + 1), HasSubstr("magic"));
  EXPECT_THAT(with(0, 0), HasSubstr("magic"));
  EXPECT_THAT(with(8, kLayoutVersion + 1), HasSubstr("layout version"));
  EXPECT_THAT(with(16, sizeof(SharedLayout) + 64), HasSubstr("size"));
}

TEST(Segment, RefusesOtherPermissions) {
  const RuntimeDir dir;
  static_cast<void>(Segment::open_or_create(dir.path()));
  for (const mode_t mode : {0640U, 0666U, 0700U, 04600U}) {
    ASSERT_EQ(chmod(dir.file().c_str(), mode), 0);
    EXPECT_THAT(refusal_of(dir), HasSubstr("permissions"));
  }
}

// An owner can only be changed by root; anybody else meets the refusal of open(2) instead.
TEST(Segment, RefusesAnotherOwner) {
  const RuntimeDir dir;
  static_cast<void>(Segment::open_or_create(dir.path()));
  if (geteuid() != 0) {
    ASSERT_EQ(chmod(dir.file().c_str(), 0), 0);
    EXPECT_THAT(refusal_of(dir), HasSubstr("open"));
    return;
  }
  ASSERT_EQ(chown(dir.file().c_str(), 12345, 12345), 0);
  EXPECT_THAT(refusal_of(dir), HasSubstr("another user"));
  // Root may look when the whole directory is that user's.
  ASSERT_EQ(chown(dir.path().c_str(), 12345, 12345), 0);
  EXPECT_EQ(refusal_of(dir), "");
}

TEST(Segment, FailsCleanlyWhenItsSpaceIsNotGranted) {
  const RuntimeDir dir;
  Child child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = sizeof(SharedLayout) - 1, .rlim_max = sizeof(SharedLayout) - 1};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) {
      return 2;
    }
    return refusal_of(dir).find("reserve its space") == std::string::npos ? 1 : 0;
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_THAT(dir.entries(), testing::IsEmpty());
}

// From here on mounts are this process's own, and gone with it. An ordinary user first becomes root
// of a user namespace.
bool enter_own_mounts() {
  if (geteuid() == 0) {
    return unshare(CLONE_NEWNS) == 0 &&
           mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  }
  const std::string uid_map = "0 " + std::to_string(geteuid()) + " 1";
  const std::string gid_map = "0 " + std::to_string(getegid()) + " 1";
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
    return false;
  }
  const auto write = [](const char* file, const std::string& text) {
    return static_cast<bool>(std::ofstream(file) << text << std::flush);
  };
  return write("/proc/self/uid_map", uid_map) && write("/proc/self/setgroups", "deny") &&
         write("/proc/self/gid_map", gid_map);
}

TEST(Segment, FailsCleanlyOnAFullTmpfs) {
  constexpr int kNoMount = 77;
  const RuntimeDir dir;
  Child child([&] {
    if (!enter_own_mounts() || mount("none", dir.path().c_str(), "tmpfs", 0, "size=2m") != 0) {
      return kNoMount;
    }
    std::ofstream(dir.path() + "/filler") << std::string(2'097'152, 'x');
    if (refusal_of(dir).find("reserve its space") == std::string::npos) {
      return 1;
    }
    if (dir.entries() != std::vector<std::string>{"filler"}) {
      return 2;
    }
    fs::remove(dir.path() + "/filler");
    return refusal_of(dir).empty() ? 0 : 3;
  });
  const int status = child.wait();
  if (status == kNoMount) {
    GTEST_SKIP() << "no tmpfs can be mounted here; the test before this one has the same fault";
  }
  EXPECT_EQ(status, 0);
}

TEST(Segment, TwentyProcessesThatRaceToMakeItShareOne) {
  constexpr std::uint64_t kProcesses = 20;
  for (int round = 0; round < 25; ++round) {
    const RuntimeDir dir;
    Gate gate;
    std::vector<Child> children;
    for (std::uint64_t i = 0; i < kProcesses; ++i) {
      children.emplace_back([&] {
        gate.pass();
        Segment::open_or_create(dir.path()).layout().database_breaker.refused.fetch_add(1);
        return 0;
      });
    }
    gate.open();
    for (Child& child : children) {
      EXPECT_EQ(child.wait(), 0);
    }
    const Segment segment = Segment::open_existing(dir.path());
    EXPECT_EQ(segment.layout().database_breaker.refused.load(), kProcesses);
    EXPECT_THAT(dir.entries(), testing::ElementsAre(segment_file_name()));
  }
}

// Wherever the maker is killed, the name is absent or complete, and nothing else is left.
TEST(Segment, AMakerKilledAtAnyMomentLeavesNothingHalfMade) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const base::SystemClock clock;
  int made = 0;
  constexpr int kRounds = 300;
  for (int round = 0; round < kRounds; ++round) {
    const RuntimeDir dir;
    Gate gate;
    Child child([&] {
      gate.pass();
      static_cast<void>(Segment::open_or_create(dir.path()));
      pause();
      return 0;
    });
    gate.open();
    const std::int64_t moment_ns = clock.monotonic_ns() + static_cast<int>(random() % 500'000);
    while (clock.monotonic_ns() < moment_ns) {
    }
    child.kill_and_wait();
    const auto left = dir.entries();
    made += static_cast<int>(left.size());
    EXPECT_LE(left.size(), 1U);
    EXPECT_EQ(refusal_of(dir), "");
    EXPECT_THAT(dir.entries(), testing::ElementsAre(segment_file_name()));
  }
  RecordProperty("made_before_the_kill", made);
}

}  // namespace
}  // namespace latchkey::shm
