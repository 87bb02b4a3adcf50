// SPDX-License-Identifier: Apache-2.0
#include "process/notify.h"

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>

#include <gtest/gtest.h>

#include "process/test_process.h"

namespace latchkey::process {
namespace {

class Notify : public testing::Test {
 protected:
  void TearDown() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  }

  // Receives at a path or, with a leading '@', at an abstract name, as the variable says.
  void listen_at(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    std::size_t size = offsetof(sockaddr_un, sun_path) + name.size();
    if (name.front() == '@') {
      address.sun_path[0] = '\0';
    } else {
      ++size;
    }
    socket_ = base::Descriptor(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ASSERT_EQ(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address),
                   static_cast<socklen_t>(size)),
              0)
        << name;
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }

  // The next message; "" when none has come.
  [[nodiscard]] std::string message() const {
    std::array<char, 64> text{};
    const ssize_t size = recv(socket_.get(), text.data(), text.size(), MSG_DONTWAIT);
    return {text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  }

  // Until nothing more goes in without waiting.
  [[nodiscard]] int fill() const {
    int count = 0;
    const std::string name = getenv("NOTIFY_SOCKET");
    const sockaddr_un address = unix_address(name);
    const base::Descriptor peer(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    while (sendto(peer.get(), "x", 1, 0, reinterpret_cast<const sockaddr*>(&address),
                  sizeof address) == 1)
      ++count;
    return count;
  }

  test::TemporaryDirectory directory_;
  base::Descriptor socket_;
};

TEST_F(Notify, TellsAPath) {
  listen_at(directory_.file("notify.sock"));
  notify_ready();
  EXPECT_EQ(message(), "READY=1");
  notify_stopping();
  EXPECT_EQ(message(), "STOPPING=1");
  EXPECT_EQ(message(), "");
}

TEST_F(Notify, TellsAnAbstractName) {
  const std::string name = "@latchkey-test-" + std::to_string(getpid());
  listen_at(name);
  notify_ready();
  EXPECT_EQ(message(), "READY=1");
}

TEST_F(Notify, TellsTheLongestNamesThereAre) {
  const std::size_t room = sizeof(sockaddr_un{}.sun_path);
  const std::string folder = directory_.file("");
  listen_at(folder + std::string(room - 1 - folder.size(), 'x'));
  notify_ready();
  EXPECT_EQ(message(), "READY=1");
  const std::string start = "@latchkey-test-" + std::to_string(getpid());
  listen_at(start + std::string(room - start.size(), 'x'));
  notify_ready();
  EXPECT_EQ(message(), "READY=1");
}

TEST_F(Notify, TellsNobodyWhereThereIsNobody) {
  notify_ready();
  for (const std::string& name :
       {std::string(), std::string("relative"), std::string("vsock:2:1"), std::string("@"),
        std::string(200, '@'), '/' + std::string(sizeof(sockaddr_un{}.sun_path) - 1, 'x'),
        directory_.file("missing")}) {
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
    notify_ready();
    notify_stopping();
  }
}

TEST_F(Notify, WaitsWithItsReadinessUntilThereIsRoom) {
  listen_at(directory_.file("notify.sock"));
  const int before = fill();
  ASSERT_GT(before, 0);
  test::ChildProcess worker([] {
    notify_ready();
    return 0;
  });
  for (int i = 0; i < before; ++i) EXPECT_EQ(message(), "x");
  EXPECT_EQ(worker.wait(), 0);
  EXPECT_EQ(message(), "READY=1");
}

TEST_F(Notify, WaitsNotWithASignOfLifeAndSendsItSoonAgain) {
  listen_at(directory_.file("notify.sock"));
  setenv("WATCHDOG_USEC", "1000000", 1);
  Watchdog watchdog(0);
  ASSERT_EQ(watchdog.due_ms(), 500);
  const int before = fill();
  watchdog.keep_alive(500);
  EXPECT_EQ(watchdog.due_ms(), 600);
  for (int i = 0; i < before; ++i) EXPECT_EQ(message(), "x");
  watchdog.keep_alive(600);
  EXPECT_EQ(message(), "WATCHDOG=1");
  EXPECT_EQ(watchdog.due_ms(), 1100);
}

TEST_F(Notify, GivesSignsOfLifeOnlyWhereItIsAskedTo) {
  EXPECT_FALSE(Watchdog(0).due_ms());
  setenv("WATCHDOG_USEC", "0", 1);
  EXPECT_FALSE(Watchdog(0).due_ms());
  setenv("WATCHDOG_USEC", "2000000", 1);
  EXPECT_EQ(Watchdog(7).due_ms(), 1007);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_EQ(Watchdog(7).due_ms(), 1007);
  setenv("WATCHDOG_PID", std::to_string(getppid()).c_str(), 1);
  EXPECT_FALSE(Watchdog(7).due_ms());
}

TEST_F(Notify, RefusesAWatchdogThatIsNoNumber) {
  setenv("WATCHDOG_USEC", "", 1);
  EXPECT_FALSE(Watchdog(0).due_ms()) << "as files of variables have what is not set";
  for (const char* text : {"soon", "1s", "-1", " 1", "99999999999999999999"}) {
    setenv("WATCHDOG_USEC", text, 1);
    EXPECT_THROW(Watchdog(0), std::system_error) << text;
  }
}

}  // namespace
}  // namespace latchkey::process
