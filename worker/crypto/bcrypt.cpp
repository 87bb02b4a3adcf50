// SPDX-License-Identifier: Apache-2.0
#include "crypto/bcrypt.h"

#include <algorithm>
#include <crypt.h>
#include <cstring>
#include <new>
#include <span>

#include "base/error.h"
#include "base/secret.h"
#include "crypto/constant_time.h"

namespace latchkey::crypto::bcrypt {
namespace {

constexpr std::size_t kHashChars = 60;
constexpr std::size_t kCostAt = 4;
constexpr std::size_t kSaltAt = 7;
constexpr std::size_t kSaltChars = 22;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kDigestChars = 31;

constexpr std::string_view kAlphabet =
    "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

[[noreturn]] void fail(const char* cause) {
  throw base::Error(base::ErrorCode::kInternalError).because(cause);
}

// 32 KiB that crypt_r leaves traces of the password in, so they are wiped.
class Workspace {
 public:
  explicit Workspace(WorkMemory& memory)
      : data_(new (memory.take(sizeof(crypt_data))) crypt_data{}) {}
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace() { explicit_bzero(data_, sizeof(crypt_data)); }

  // A view into this workspace. `setting` is of our own making or has passed is_usable.
  std::string_view run(std::string_view password, std::string_view setting) {
    const base::Secret phrase(password);
    const std::string setting_text(setting);
    const char* result = crypt_r(phrase.reveal_c_str(), setting_text.c_str(), data_);
    // How a failure shows depends on how the library was built: no result, or one with a star.
    if (result == nullptr || *result == '*') fail("crypt_r refused a bcrypt setting");
    return result;
  }

 private:
  crypt_data* data_;
};

// The last character of salt and of hash carries fewer than six bits; a hash with others set was
// never written by bcrypt and can never be equal to what it computes.
bool ends_on(char last, unsigned zero_bits) {
  const std::size_t value = kAlphabet.find(last);
  return value != std::string_view::npos && (value & ((1U << zero_bits) - 1U)) == 0;
}

std::string make_setting(int rounds, base::Random& random) {
  std::array<char, kSaltBytes> salt{};
  random.fill(std::as_writable_bytes(std::span(salt)));
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  const char* result = crypt_gensalt_rn(
      std::string(kIssuedPrefix).c_str(), static_cast<unsigned long>(rounds), salt.data(),
      static_cast<int>(salt.size()), setting.data(), static_cast<int>(setting.size()));
  if (result == nullptr) fail("crypt_gensalt_rn refused a bcrypt cost");
  return result;
}

bool can_be_hashed(std::string_view password) {
  return password.size() <= kMaxPasswordBytes && password.find('\0') == std::string_view::npos;
}

int rounds_of(std::string_view stored) {
  return (stored[kCostAt] - '0') * 10 + (stored[kCostAt + 1] - '0');
}

bool is_within_bounds(int rounds) { return rounds >= kMinCost && rounds <= kMaxCost; }

}  // namespace

bool allows(const PasswordCost& cost) { return is_within_bounds(cost.bcrypt_rounds); }

std::size_t memory_bytes(const PasswordCost& /*cost*/) { return sizeof(crypt_data); }

bool is_usable(std::string_view stored) {
  if (stored.size() != kHashChars) return false;
  if (std::ranges::find(kPrefixes, stored.substr(0, kCostAt)) == kPrefixes.end()) return false;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!is_digit(stored[kCostAt]) || !is_digit(stored[kCostAt + 1])) return false;
  if (stored[kSaltAt - 1] != '$') return false;
  if (!is_within_bounds(rounds_of(stored))) return false;
  if (stored.find_first_not_of(kAlphabet, kSaltAt) != std::string_view::npos) return false;
  return ends_on(stored[kSaltAt + kSaltChars - 1], 4) && ends_on(stored.back(), 2);
}

bool needs_rehash(std::string_view stored, const PasswordCost& cost) {
  return !stored.starts_with(kIssuedPrefix) || rounds_of(stored) != cost.bcrypt_rounds;
}

std::string hash(std::string_view password, const PasswordCost& cost, base::Random& random,
                 WorkMemory& memory) {
  if (!can_be_hashed(password)) fail("a password that bcrypt would cut reached the hasher");
  if (!allows(cost)) fail("bcrypt cost out of bounds");
  Workspace workspace(memory);
  std::string result(workspace.run(password, make_setting(cost.bcrypt_rounds, random)));
  if (!is_usable(result)) fail("crypt_r made a hash that would not verify");
  return result;
}

bool verify(std::string_view password, std::string_view stored, WorkMemory& memory) {
  // A password that cannot be hashed is tried all the same, cut to where bcrypt stops reading:
  // the answer is no either way, and must not come sooner.
  const bool possible = can_be_hashed(password);
  Workspace workspace(memory);
  const bool equal =
      equal_in_constant_time(workspace.run(password.substr(0, kMaxPasswordBytes), stored), stored);
  return possible && equal;
}

std::string make_dummy(const PasswordCost& cost, base::Random& random) {
  return make_setting(cost.bcrypt_rounds, random) + std::string(kDigestChars, '.');
}

}  // namespace latchkey::crypto::bcrypt
