// SPDX-License-Identifier: Apache-2.0
//
// Counts a request TIMES times as a worker counts GET /health, and prints the nanoseconds of
// processor time that one takes.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "shm/metrics.h"

int main(int /*argc*/, char** argv) {
  const long times = std::atol(argv[1]);
  const auto layout = std::make_unique<latchkey::shm::SharedLayout>();
  latchkey::shm::Metrics metrics(*layout, 0, 1);
  for (long i = 0; i < times; ++i) {
    metrics.count({.route = static_cast<std::size_t>(i) % 8,
                   .status = 200,
                   .duration_ns = 50'000 + i % 1024 * 1000,
                   .costs = {.queued_ns = i % 4096 * 1000}});
  }
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  const double ns = 1e9 * static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec);
  std::printf("%.1f\n", ns / static_cast<double>(times));
}
