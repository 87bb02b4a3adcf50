// SPDX-License-Identifier: Apache-2.0
#pragma once

// `latchkey config bench-hash`: what password hashes cost on this machine, and which cost would
// fit. It takes some seconds at the most and changes nothing: the cost is for people to choose, the
// same for all nodes.
//
// Runs on the command line.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "crypto/password_cost.h"
#include "crypto/password_scheme.h"

namespace latchkey::cli {

struct MeasuredCost {
  const crypto::PasswordScheme* scheme = nullptr;
  crypto::PasswordCost cost;
  std::int64_t ns = 0;  // of one hash
};

// The time of one hash.
using HashTimer =
    std::function<std::int64_t(const crypto::PasswordScheme& scheme, const crypto::PasswordCost&)>;

// Costs around the target, cheapest first, as far as a row of a scheme takes.
std::vector<MeasuredCost> measure_bcrypt(const HashTimer& time, std::int64_t target_ns);
// For each size of memory as many passes as fit the target, at least one.
std::vector<MeasuredCost> measure_argon2id(const HashTimer& time, std::int64_t target_ns);
// The one to propose: within the target, or else the cheapest that is no cheaper than the default
// settings.
const MeasuredCost& best_of(const std::vector<MeasuredCost>& measured, std::int64_t target_ns);
std::string bench_table(const std::vector<MeasuredCost>& bcrypt,
                        const std::vector<MeasuredCost>& argon2id, std::int64_t target_ns);

int bench_hash(const Words& words);

}  // namespace latchkey::cli
