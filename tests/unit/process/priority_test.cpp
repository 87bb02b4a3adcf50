// SPDX-License-Identifier: Apache-2.0
#include "process/priority.h"

#include <fstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "process/test_process.h"

namespace latchkey::process {
namespace {

// Empty where the kernel has none.
std::string line_of(const std::string& path, const std::string& word) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.find(word) != std::string::npos) return line;
  }
  return "";
}

enum : int { kLast, kNotNice, kNoSession, kGroupNotNice, kShortSlice };

int place_of_this_process() {
  if (getpriority(PRIO_PROCESS, 0) != 10) return kNotNice;
  if (getsid(0) != getpid()) return kNoSession;
  const std::string group = line_of("/proc/self/autogroup", "nice");
  if (!group.empty() && !group.ends_with(" nice 10")) return kGroupNotNice;
  const std::string slice = line_of("/proc/self/sched", "se.slice");
  return slice.empty() || slice.ends_with(" 100000000") ? kLast : kShortSlice;
}

TEST(ComeLast, IsNiceAsAProcessAndAsAGroupAndMayBeInterruptedAtAnyTime) {
  test::ChildProcess child([] {
    come_last();
    return place_of_this_process();
  });
  EXPECT_EQ(child.wait(), kLast);
}

TEST(ComeLast, NobodyBecomesLessPoliteByIt) {
  test::ChildProcess child([] {
    setpriority(PRIO_PROCESS, 0, 15);
    come_last();
    return getpriority(PRIO_PROCESS, 0);
  });
  EXPECT_EQ(child.wait(), 15);
}

}  // namespace
}  // namespace latchkey::process
