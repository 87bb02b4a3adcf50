// SPDX-License-Identifier: Apache-2.0
#include "cli/status_view.h"

#include <gtest/gtest.h>

namespace latchkey::cli {
namespace {

Status status_with(const shm::BreakerView& view) {
  return {"/run/latchkey/shared-v3", {{"database", view, {.threshold = 5}}}, {}};
}

TEST(StatusTable, SaysWhatTheStateMeansForTheNextCall) {
  using shm::BreakerState;
  const auto line_of = [](const shm::BreakerView& view) {
    const std::string table = status_table(status_with(view));
    const std::size_t begin = table.find("database: ") + 10;
    return table.substr(begin, table.find('\n', begin) - begin);
  };
  EXPECT_EQ(line_of({.failures = 2}), "closed, 2 of 5 failures in a row");
  EXPECT_EQ(line_of({.state = BreakerState::kOpen, .remaining_ms = 42'190}),
            "open, refuses every call for another 42.1 s");
  EXPECT_EQ(line_of({.state = BreakerState::kOpen}), "open, the next call is a probe");
  EXPECT_EQ(line_of({.state = BreakerState::kHalfOpen, .probes = 1}),
            "half open, 1 of 1 probes under way");
}

TEST(StatusTable, ShowsTheCounts) {
  const std::string table = status_table(
      status_with({.opened = 3, .half_opened = 2, .closed = 1, .probes_lost = 4, .refused = 5}));
  for (const char* const part :
       {"/run/latchkey/shared-v3", "opened 3 times", "half-opened 2 times", "closed 1 time,",
        "reset by hand 0 times", "calls refused: 5", "probes lost: 4"}) {
    EXPECT_NE(table.find(part), std::string::npos) << part << " is not in\n" << table;
  }
}

TEST(StatusTable, HasALineForEachWorker) {
  Status status = status_with({});
  EXPECT_NE(status_table(status).find("No worker is there."), std::string::npos);
  status.workers = {{.pool = 0,
                     .slot = 1,
                     .pid = 4711,
                     .state = shm::WorkerState::kIdle,
                     .state_ms = 350,
                     .age_ms = 3 * 86'400'000 + 4 * 3'600'000,
                     .requests = 12},
                    {.pool = 1,
                     .slot = 12,
                     .pid = 5,
                     .state = shm::WorkerState::kBusy,
                     .state_ms = 61'000,
                     .age_ms = 3'660'000,
                     .requests = 123'456'789}};
  const std::string table = status_table(status);
  EXPECT_NE(table.find("\n"
                       "WORKER          PID  STATE           FOR     REQUESTS          AGE\n"
                       "api/1          4711  idle          0.3 s           12        3d 4h\n"
                       "hash/12           5  busy          1m 1s    123456789        1h 1m\n"),
            std::string::npos)
      << table;
  EXPECT_NE(status_json(status).find(
                R"("workers":[{"pool":"api","slot":1,"pid":4711,"state":"idle","state_ms":350,)"
                R"("age_ms":273600000,"requests":12},{"pool":"hash",)"),
            std::string::npos)
      << status_json(status);
}

TEST(StatusJson, IsOneObjectOnOneLine) {
  EXPECT_EQ(
      status_json(status_with({.state = shm::BreakerState::kOpen,
                               .remaining_ms = 1500,
                               .opened = 1,
                               .reset = 7,
                               .refused = 9})),
      R"({"segment":"/run/latchkey/shared-v3","breakers":[{"name":"database","state":"open",)"
      R"("failures":0,"threshold":5,"probes":0,"half_open_max_calls":1,"remaining_ms":1500,)"
      R"("opened":1,"half_opened":0,"closed":0,"reset":7,"probes_lost":0,"refused":9}],"workers":[],)"
      R"("traffic":{"over_ms":0,"pools":[{"pool":"","requests":0,"waited_us":0},)"
      R"({"pool":"","requests":0,"waited_us":0}],"routes":[]}})"
      "\n");
}

}  // namespace
}  // namespace latchkey::cli
