// SPDX-License-Identifier: Apache-2.0
#include "process/listen_socket.h"

#include <fcntl.h>
#include <fstream>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <utility>

#include <gtest/gtest.h>

#include "process/inherited_sockets.h"
#include "process/test_process.h"

namespace latchkey::process {
namespace {

using test::ChildProcess;
using test::TemporaryDirectory;

int error_of(const std::string& path) {
  try {
    const ListenSocket socket(path, 0);
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  return 0;
}

TEST(ListenSocket, IsThereWithItsModeAndIsRemovedAtTheEnd) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("api.sock");
  const mode_t before = umask(0);
  {
    const ListenSocket socket(path);
    struct stat file {};
    ASSERT_EQ(lstat(path.c_str(), &file), 0);
    EXPECT_TRUE(S_ISSOCK(file.st_mode));
    EXPECT_EQ(file.st_mode & 0777, 0660U);
    EXPECT_NE(fcntl(socket.fd(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(fcntl(socket.fd(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_TRUE(test::connect_to(path));
  }
  EXPECT_EQ(umask(before), 0U) << "the umask was not given back";
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ListenSocket, MovesWithItsPath) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("api.sock");
  std::optional<ListenSocket> first(std::in_place, path);
  const ListenSocket second(std::move(*first));
  first.reset();
  EXPECT_TRUE(test::connect_to(path));
}

TEST(ListenSocket, ReplacesASocketThatNobodyAnswers) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("api.sock");
  close(bind_unix_socket(path, SOCK_STREAM, 0600));
  const ListenSocket socket(path, 0);
  EXPECT_TRUE(test::connect_to(path));
}

TEST(ListenSocket, LeavesASocketThatAnswers) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("api.sock");
  const ListenSocket socket(path);
  EXPECT_EQ(error_of(path), EADDRINUSE);
  EXPECT_TRUE(test::connect_to(path));
}

TEST(ListenSocket, WaitsForTheOrphansOfAKilledSupervisor) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("api.sock");
  std::optional<ListenSocket> first(std::in_place, path);
  ChildProcess orphan([&] {  // holds the socket until it is asked once
    return test::is_readable(first->fd()) ? 0 : 1;
  });
  // The parent's end goes, the path stays.
  std::filesystem::rename(path, directory.file("aside"));
  first.reset();
  std::filesystem::rename(directory.file("aside"), path);
  const ListenSocket second(path, test::kBoundMs);
  EXPECT_EQ(orphan.wait(), 0);
}

TEST(ListenSocket, NeverRemovesWhatIsNoSocket) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("api.sock");
  std::ofstream(path) << "a file";
  EXPECT_EQ(error_of(path), ENOTSOCK);
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(ListenSocket, LeavesASocketThatAnotherHasPutInItsPlace) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("api.sock");
  std::optional<ListenSocket> first(std::in_place, path);
  std::filesystem::remove(path);
  const ListenSocket second(path, 0);
  first.reset();
  EXPECT_TRUE(test::connect_to(path));
}

TEST(ListenSocket, RefusesAPathThatTheKernelWouldCut) {
  const TemporaryDirectory directory;
  const std::size_t room = sizeof(sockaddr_un{}.sun_path) - 1 - directory.file("").size();
  EXPECT_EQ(error_of(directory.file(std::string(room, 'x'))), 0);
  EXPECT_EQ(error_of(directory.file(std::string(room + 1, 'x'))), ENAMETOOLONG);
  EXPECT_EQ(error_of(""), ENOENT);
  EXPECT_EQ(error_of(directory.file("missing/api.sock")), ENOENT);
}

// In a child, since the protocol names descriptor 3 and changes the environment.
int take_over(const std::function<void()>& pass, const std::function<int()>& check) {
  ChildProcess child([&] {
    for (int fd = 3; fd < 64; ++fd) close(fd);
    pass();
    return check();
  });
  return child.wait();
}

void pass(const char* count, pid_t pid, const char* names) {
  setenv("LISTEN_FDS", count, 1);
  setenv("LISTEN_PID", std::to_string(pid).c_str(), 1);
  if (names != nullptr) setenv("LISTEN_FDNAMES", names, 1);
}

TEST(InheritedSockets, AreTakenOverWithTheirNames) {
  const TemporaryDirectory directory;
  const auto check = [] {
    const std::vector<InheritedSocket> sockets = take_inherited_sockets();
    if (sockets.size() != 2 || sockets[0].name != "api" || sockets[1].name != "hash") return 1;
    for (const InheritedSocket& socket : sockets) {
      if ((fcntl(socket.fd.get(), F_GETFL) & O_NONBLOCK) == 0) return 2;
      if ((fcntl(socket.fd.get(), F_GETFD) & FD_CLOEXEC) == 0) return 3;
    }
    if (sockets[0].fd.get() != 3 || sockets[1].fd.get() != 4) return 4;
    if (getenv("LISTEN_FDS") != nullptr || getenv("LISTEN_PID") != nullptr) return 5;
    return take_inherited_sockets().empty() ? 0 : 6;
  };
  const auto give_two = [&] {
    for (const char* name : {"api.sock", "hash.sock"}) {
      const int fd = bind_unix_socket(directory.file(name), SOCK_STREAM, 0600);
      listen(fd, 1);
      fcntl(fd, F_SETFL, 0);
      fcntl(fd, F_SETFD, 0);
    }
    pass("2", getpid(), "api:hash");
  };
  EXPECT_EQ(take_over(give_two, check), 0);
}

int give_one(const std::string& path) {
  const int fd = bind_unix_socket(path, SOCK_STREAM, 0600);
  listen(fd, 1);
  fcntl(fd, F_SETFD, 0);
  return fd;
}

TEST(InheritedSockets, HaveNamesForAllOrForNone) {
  const TemporaryDirectory directory;
  const auto named = [&](const char* names, const std::string& expected) {
    const std::string path = directory.file("one.sock");
    std::filesystem::remove(path);
    return take_over([&] { give_one(path), pass("1", getpid(), names); },
                     [&] {
                       try {
                         const auto sockets = take_inherited_sockets();
                         return sockets.size() == 1 && sockets[0].name == expected ? 0 : 1;
                       } catch (const std::system_error& failure) {
                         // Even then they are nobody else's.
                         if (getenv("LISTEN_FDS") != nullptr) return 2;
                         return failure.code().value();
                       }
                     });
  };
  EXPECT_EQ(named(nullptr, "unknown"), 0);
  EXPECT_EQ(named("api", "api"), 0);
  EXPECT_EQ(named("", ""), 0);
  EXPECT_EQ(named("api:hash", ""), EINVAL);
  EXPECT_EQ(named("api:", ""), EINVAL);
}

TEST(InheritedSockets, AreNoneWhereNoneWerePassedToThisProcess) {
  const auto is_empty = [] { return take_inherited_sockets().empty() ? 0 : 1; };
  EXPECT_EQ(take_over([] {}, is_empty), 0);
  EXPECT_EQ(take_over([] { pass("1", getppid(), "api"); }, is_empty), 0);
  EXPECT_EQ(take_over([] { setenv("LISTEN_FDS", "1", 1); }, is_empty), 0);
  EXPECT_EQ(take_over([] { pass("0", getpid(), ""); }, is_empty), 0);
}

TEST(InheritedSockets, MustBeListeningStreamSockets) {
  const auto error = [] {
    try {
      static_cast<void>(take_inherited_sockets());
    } catch (const std::system_error& failure) {
      return failure.code().value();
    }
    return 0;
  };
  const auto give_file = [] {
    [[maybe_unused]] const int fd = open("/dev/null", O_RDONLY);
    pass("1", getpid(), "api");
  };
  const auto give_unbound = [] {
    [[maybe_unused]] const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    pass("1", getpid(), nullptr);
  };
  EXPECT_EQ(take_over(give_file, error), ENOTSOCK);
  EXPECT_EQ(take_over(give_unbound, error), ENOTSOCK);
  EXPECT_EQ(take_over([] { pass("1", getpid(), "api"); }, error), EBADF);
  for (const char* count : {"many", "-1", "1 ", "1x", "99999999999"})
    EXPECT_EQ(take_over([=] { pass(count, getpid(), "api"); }, error), EINVAL) << count;
  // Not before memory runs out.
  EXPECT_EQ(take_over([] { pass("2147483647", getpid(), nullptr); }, error), EBADF);
  EXPECT_EQ(take_over([] { setenv("LISTEN_PID", "me", 1); }, error), EINVAL);
}

}  // namespace
}  // namespace latchkey::process
