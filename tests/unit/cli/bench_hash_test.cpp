// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_hash.h"

#include <gmock/gmock.h>

namespace latchkey::cli {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kMs = 1'000'000;

// A machine where bcrypt 10 takes so long, and a MiB of argon2id a fiftieth of it.
HashTimer machine(std::int64_t bcrypt10_ns) {
  return [bcrypt10_ns](const crypto::PasswordScheme& scheme, const crypto::PasswordCost& cost) {
    if (scheme.name == "bcrypt") return bcrypt10_ns << (cost.bcrypt_rounds - 10);
    return bcrypt10_ns * cost.argon2_memory_kib * cost.argon2_passes / (50 * 1024);
  };
}

TEST(BenchHashTest, ProposesTheHighestCostWithinTheTarget) {
  const auto bcrypt = measure_bcrypt(machine(50 * kMs), 250 * kMs);
  EXPECT_EQ(best_of(bcrypt, 250 * kMs).cost.bcrypt_rounds, 12);
  EXPECT_EQ(bcrypt.back().cost.bcrypt_rounds, 13) << "the first that is too slow is shown";

  const auto argon2id = measure_argon2id(machine(50 * kMs), 250 * kMs);
  const MeasuredCost& best = best_of(argon2id, 250 * kMs);
  EXPECT_EQ(best.cost.argon2_memory_kib, 131'072) << "memory before passes (RFC 9106, section 4)";
  EXPECT_EQ(best.cost.argon2_passes, 1);
  EXPECT_EQ(argon2id.front().cost.argon2_passes, 13);
}

TEST(BenchHashTest, ASlowMachineGetsTheLeastThatIsAdvisable) {
  const auto bcrypt = measure_bcrypt(machine(900 * kMs), 250 * kMs);
  EXPECT_EQ(bcrypt.size(), 1U);
  EXPECT_EQ(best_of(bcrypt, 250 * kMs).cost.bcrypt_rounds, 10);
  const auto argon2id = measure_argon2id(machine(900 * kMs), 250 * kMs);
  EXPECT_EQ(argon2id.size(), 1U);
  EXPECT_EQ(best_of(argon2id, 250 * kMs).cost,
            (crypto::PasswordCost{.argon2_memory_kib = 19'456, .argon2_passes = 2}));
  EXPECT_THAT(bench_table(bcrypt, argon2id, 250 * kMs), HasSubstr("longer, but less is too weak"));
}

TEST(BenchHashTest, AFastMachineStaysWithinTheBounds) {
  const auto bcrypt = measure_bcrypt(machine(1 * kMs), 1000 * kMs);
  EXPECT_EQ(best_of(bcrypt, 1000 * kMs).cost.bcrypt_rounds, 16);
  for (const MeasuredCost& each : measure_argon2id(machine(1 * kMs), 1000 * kMs))
    EXPECT_TRUE(each.scheme->allows(each.cost));
}

TEST(BenchHashTest, TheTableHasSettingsToCopy) {
  const HashTimer timer = machine(50 * kMs);
  const std::string table =
      bench_table(measure_bcrypt(timer, 250 * kMs), measure_argon2id(timer, 250 * kMs), 250 * kMs);
  EXPECT_THAT(table, HasSubstr("\n  PASSWORD_HASH=bcrypt BCRYPT_ROUNDS=12\n"));
  EXPECT_THAT(table, HasSubstr("\n  PASSWORD_HASH=argon2id ARGON2_MEMORY=131072 ARGON2_PASSES=1   "
                               "(128 MiB in each hash worker)\n"));
}

}  // namespace
}  // namespace latchkey::cli
