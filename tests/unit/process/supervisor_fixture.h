// SPDX-License-Identifier: Apache-2.0
#pragma once

// A real supervisor over fake workers, in a directory of its own.

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/log.h"
#include "process/contract.h"
#include "process/supervisor.h"
#include "process/test_process.h"

namespace latchkey::process::test {

class SupervisorTest : public testing::Test {
 protected:
  PoolOptions pool(const std::string& name, std::size_t workers,
                   std::vector<std::string> arguments = {"serve"}) const {
    arguments.insert(arguments.begin(), LATCHKEY_FAKE_WORKER);
    return {.name = name,
            .workers = workers,
            .socket_path = directory_.file(name + ".sock"),
            .command = arguments};
  }

  SupervisorOptions options(std::vector<PoolOptions> pools) const {
    return {.runtime_dir = directory_.path(), .pools = std::move(pools)};
  }

  static ChildProcess start(const SupervisorOptions& options) {
    return ChildProcess([&] {
      base::configure_logging(base::LogLevel::kInfo, "supervisor");
      const base::SystemClock clock;
      try {
        return Supervisor(options, clock).run();
      } catch (const std::exception& error) {
        base::Logger("test").error(error.what());
        return kExitOsError;
      }
    });
  }

  // The process id of the worker that answers next.
  pid_t serving_pid(const std::string& pool = "api") const {
    const base::Descriptor peer = connect_to(directory_.file(pool + ".sock"));
    if (!peer) return 0;
    const std::string line = read_line(peer.get());
    return line.empty() ? 0 : std::stoi(line);
  }

  TemporaryDirectory directory_;
};

}  // namespace latchkey::process::test
