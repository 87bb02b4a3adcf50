// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_hash.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>

#include "base/processor_clock.h"
#include "base/random.h"
#include "cli/arguments.h"
#include "cli/exit_code.h"
#include "config/values.h"
#include "crypto/argon2id.h"
#include "crypto/bcrypt.h"

namespace latchkey::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kUsualTarget{250};
constexpr milliseconds kLeastTarget{10};
constexpr milliseconds kLongestTarget{1000};

// Cheaper ones are nothing to propose (OWASP Password Storage Cheat Sheet).
constexpr int kLeastRounds = 10;
struct MemorySize {
  int kib;
  int least_passes;
};
constexpr std::array kMemorySizes{MemorySize{19'456, 2}, MemorySize{32'768, 2},
                                  MemorySize{47'104, 1}, MemorySize{65'536, 1},
                                  MemorySize{98'304, 1}, MemorySize{131'072, 1}};

// Long ones say enough the first time.
constexpr int kTimes = 3;
constexpr std::int64_t kLongNs = 300'000'000;

std::string line_of(const std::string& left, const std::string& middle, const std::string& right) {
  std::array<char, 160> line{};
  const int size = std::snprintf(line.data(), line.size(), "  %-36s %11s %10s\n", left.c_str(),
                                 middle.c_str(), right.c_str());
  return {line.data(), std::min(static_cast<std::size_t>(size), line.size() - 1)};
}

std::string in_tenths(double number) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.1f", number);
  return {text.data(), std::min(static_cast<std::size_t>(size), text.size() - 1)};
}

double in_ms(std::int64_t ns) { return static_cast<double>(ns) / 1e6; }

// Passes are chosen by a shorter measurement: a little above the target is still the target.
std::int64_t most_ns(std::int64_t target_ns) { return target_ns + target_ns / 20; }

std::string settings_of(const MeasuredCost& measured) {
  if (measured.scheme->name == "bcrypt")
    return "BCRYPT_ROUNDS=" + std::to_string(measured.cost.bcrypt_rounds);
  return "ARGON2_MEMORY=" + std::to_string(measured.cost.argon2_memory_kib) +
         " ARGON2_PASSES=" + std::to_string(measured.cost.argon2_passes);
}

std::string row(const MeasuredCost& measured) {
  return line_of(settings_of(measured), in_tenths(in_ms(measured.ns)) + " ms",
                 in_tenths(1e9 / static_cast<double>(measured.ns)));
}

std::string proposal(const MeasuredCost& best, std::int64_t target_ns) {
  std::string text = "  PASSWORD_HASH=" + std::string(best.scheme->name) + ' ' + settings_of(best);
  const std::size_t mib = best.scheme->memory_bytes(best.cost) >> 20U;
  if (mib > 0) text += "   (" + std::to_string(mib) + " MiB in each hash worker)";
  if (best.ns > most_ns(target_ns)) text += "   (longer, but less is too weak)";
  return text + '\n';
}

// The middle of a few, in processor time: what else the machine does is no work of ours.
class Stopwatch {
 public:
  std::int64_t time(const crypto::PasswordScheme& scheme, const crypto::PasswordCost& cost) {
    std::vector<std::int64_t> times;
    while (times.size() < kTimes && (times.empty() || times.front() < kLongNs)) {
      const std::int64_t begun_ns = clock_.used_ns();
      (void)scheme.hash("correct horse battery staple", cost, random_, memory_);
      times.push_back(clock_.used_ns() - begun_ns);
    }
    std::ranges::sort(times);
    return times[times.size() / 2];
  }

 private:
  base::SystemProcessorClock clock_;
  base::SystemRandom random_;
  crypto::WorkMemory memory_;
};

milliseconds target_of(const Arguments& arguments) {
  const auto text = arguments.value("target");
  const auto target = text ? config::parse_duration(*text, milliseconds(1)) : kUsualTarget;
  if (!target || *target < kLeastTarget || *target > kLongestTarget)
    throw UsageError("--target takes a time from 10ms to 1s");
  return *target;
}

}  // namespace

std::vector<MeasuredCost> measure_bcrypt(const HashTimer& time, std::int64_t target_ns) {
  const crypto::PasswordScheme* const scheme = crypto::find_password_scheme("bcrypt");
  std::vector<MeasuredCost> measured;
  for (int rounds = kLeastRounds; rounds <= crypto::bcrypt::kMaxCost; ++rounds) {
    const crypto::PasswordCost cost{.bcrypt_rounds = rounds};
    measured.push_back({scheme, cost, time(*scheme, cost)});
    if (measured.back().ns > target_ns) break;
  }
  return measured;
}

std::vector<MeasuredCost> measure_argon2id(const HashTimer& time, std::int64_t target_ns) {
  const crypto::PasswordScheme* const scheme = crypto::find_password_scheme("argon2id");
  std::vector<MeasuredCost> measured;
  for (const MemorySize& size : kMemorySizes) {
    crypto::PasswordCost cost{.argon2_memory_kib = size.kib, .argon2_passes = size.least_passes};
    const std::int64_t least_ns = time(*scheme, cost);
    const auto passes = static_cast<int>(std::min<std::int64_t>(
        target_ns * size.least_passes / least_ns, crypto::argon2id::kMaxPasses));
    if (passes <= size.least_passes) {
      measured.push_back({scheme, cost, least_ns});
    } else {
      cost.argon2_passes = passes;
      measured.push_back({scheme, cost, time(*scheme, cost)});
    }
    if (least_ns > target_ns) break;
  }
  return measured;
}

const MeasuredCost& best_of(const std::vector<MeasuredCost>& measured, std::int64_t target_ns) {
  const auto within =
      std::find_if(measured.rbegin(), measured.rend(),
                   [target_ns](const MeasuredCost& each) { return each.ns <= most_ns(target_ns); });
  return within == measured.rend() ? measured.front() : *within;
}

std::string bench_table(const std::vector<MeasuredCost>& bcrypt,
                        const std::vector<MeasuredCost>& argon2id, std::int64_t target_ns) {
  std::string text = line_of("", "one hash", "a second");
  for (const MeasuredCost& measured : bcrypt) text += row(measured);
  for (const MeasuredCost& measured : argon2id) text += row(measured);
  text += "\nWithin " + in_tenths(in_ms(target_ns)) +
          " ms, for a hash worker with a processor of its own:\n";
  text += proposal(best_of(bcrypt, target_ns), target_ns);
  text += proposal(best_of(argon2id, target_ns), target_ns);
  text +=
      "\nNothing is changed. Set the same cost on all nodes; passwords that are stored already get "
      "it at\nthe next login.\n";
  return text;
}

int bench_hash(const Words& words) {
  const Arguments arguments(words, {{"target"}});
  if (!arguments.positional().empty()) throw UsageError("bench-hash takes --target only");
  const std::int64_t target_ns = std::chrono::nanoseconds(target_of(arguments)).count();
  Stopwatch stopwatch;
  const HashTimer time = [&stopwatch](const crypto::PasswordScheme& scheme,
                                      const crypto::PasswordCost& cost) {
    return stopwatch.time(scheme, cost);
  };
  const auto bcrypt = measure_bcrypt(time, target_ns);
  std::fputs(bench_table(bcrypt, measure_argon2id(time, target_ns), target_ns).c_str(), stdout);
  return kExitOk;
}

}  // namespace latchkey::cli
