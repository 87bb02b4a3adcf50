// SPDX-License-Identifier: Apache-2.0
#include "crypto/argon2id.h"

#include <algorithm>
#include <argon2.h>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>

#include "base/error.h"
#include "crypto/base64url.h"
#include "crypto/constant_time.h"

namespace latchkey::crypto::argon2id {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kTagBytes = 32;
// Of stored hashes: eight bytes of salt are the least that RFC 9106 knows.
constexpr std::size_t kMinSaltBytes = 8;
constexpr std::size_t kMaxSaltBytes = 64;
constexpr std::size_t kMinTagBytes = 16;
constexpr std::size_t kMaxTagBytes = 64;
constexpr int kMinStoredKibPerLane = 8;  // RFC 9106, section 3.1

constexpr std::size_t kBytesPerKib = 1024;

[[noreturn]] void fail(const char* cause) {
  throw base::Error(base::ErrorCode::kInternalError).because(cause);
}

struct Parameters {
  int memory_kib = 0;
  int passes = 0;
  int lanes = 1;

  bool operator==(const Parameters&) const = default;
};

struct Stored {
  Parameters parameters;
  std::string salt;
  std::string tag;
};

Parameters of(const PasswordCost& cost) {
  return {.memory_kib = cost.argon2_memory_kib, .passes = cost.argon2_passes};
}

// PHC strings use the other alphabet of RFC 4648, of which two digits differ.
std::string encode(std::string_view bytes) {
  std::string digits = base64url_encode(bytes);
  std::ranges::replace(digits, '-', '+');
  std::ranges::replace(digits, '_', '/');
  return digits;
}

std::optional<std::string> decode(std::string_view text, std::size_t min, std::size_t max) {
  if (text.find_first_of("-_") != std::string_view::npos) return std::nullopt;
  std::string digits(text);
  std::ranges::replace(digits, '+', '-');
  std::ranges::replace(digits, '/', '_');
  std::optional<std::string> bytes = base64url_decode(digits);
  if (bytes && (bytes->size() < min || bytes->size() > max)) return std::nullopt;
  return bytes;
}

// Takes what it reads from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool skip(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  // A number within the bounds and without a leading zero, and the word behind it.
  bool number(int& value, int min, int max, std::string_view behind) {
    if (rest_.empty() || rest_.front() < '1' || rest_.front() > '9') return false;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc() || value < min || value > max) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return skip(behind);
  }

  // Everything up to the next dollar, or to the end.
  std::string_view field() {
    const std::string_view taken = rest_.substr(0, rest_.find('$'));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  [[nodiscard]] bool is_at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<Stored> parse(std::string_view text) {
  Reader reader(text);
  Stored stored;
  Parameters& parameters = stored.parameters;
  if (!reader.skip(kPrefixes[0]) || !reader.skip("v=19$m=") ||
      !reader.number(parameters.memory_kib, kMinStoredKibPerLane, kMaxMemoryKib, ",t=") ||
      !reader.number(parameters.passes, kMinPasses, kMaxPasses, ",p=") ||
      !reader.number(parameters.lanes, 1, kMaxLanes, "$") ||
      parameters.memory_kib < kMinStoredKibPerLane * parameters.lanes) {
    return std::nullopt;
  }
  std::optional<std::string> salt = decode(reader.field(), kMinSaltBytes, kMaxSaltBytes);
  if (!salt || !reader.skip("$")) return std::nullopt;
  std::optional<std::string> tag = decode(reader.field(), kMinTagBytes, kMaxTagBytes);
  if (!tag || !reader.is_at_end()) return std::nullopt;
  stored.salt = std::move(*salt);
  stored.tag = std::move(*tag);
  return stored;
}

std::string write(const Stored& stored) {
  const Parameters& parameters = stored.parameters;
  return std::string(kPrefixes[0]) + "v=19$m=" + std::to_string(parameters.memory_kib) +
         ",t=" + std::to_string(parameters.passes) + ",p=" + std::to_string(parameters.lanes) +
         '$' + encode(stored.salt) + '$' + encode(stored.tag);
}

// The library asks for memory by a function that it tells nothing but the size: what it is to get
// stands here during the call. A worker has one thread.
WorkMemory* memory_of_the_call = nullptr;

class MemoryOfTheCall {
 public:
  explicit MemoryOfTheCall(WorkMemory& memory) { memory_of_the_call = &memory; }
  MemoryOfTheCall(const MemoryOfTheCall&) = delete;
  MemoryOfTheCall& operator=(const MemoryOfTheCall&) = delete;
  ~MemoryOfTheCall() { memory_of_the_call = nullptr; }
};

int give(std::uint8_t** memory, std::size_t bytes) {
  // Throws nothing: compute_tag has taken as much already.
  *memory = reinterpret_cast<std::uint8_t*>(memory_of_the_call->take(bytes));
  return ARGON2_OK;
}

// The library has wiped it (FLAG_clear_internal_memory; a test looks), and it stays for the next.
void take_back(std::uint8_t* /*memory*/, std::size_t /*bytes*/) {}

std::uint8_t* bytes_of(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }

std::uint32_t size_of(std::string_view text) { return static_cast<std::uint32_t>(text.size()); }

std::uint32_t in_unsigned(int number) { return static_cast<std::uint32_t>(number); }

std::string compute_tag(std::string_view password, const Parameters& parameters, std::string salt,
                        std::size_t tag_bytes, WorkMemory& memory) {
  memory.take(static_cast<std::size_t>(parameters.memory_kib) * kBytesPerKib);
  const MemoryOfTheCall guard(memory);
  std::string tag(tag_bytes, '\0');
  argon2_context context{};
  context.out = bytes_of(tag);
  context.outlen = size_of(tag);
  // Only read: the flag that would have it wiped is not set.
  context.pwd = reinterpret_cast<std::uint8_t*>(const_cast<char*>(password.data()));
  context.pwdlen = size_of(password);
  context.salt = bytes_of(salt);
  context.saltlen = size_of(salt);
  context.t_cost = in_unsigned(parameters.passes);
  context.m_cost = in_unsigned(parameters.memory_kib);
  context.lanes = in_unsigned(parameters.lanes);
  context.threads = 1;
  context.version = ARGON2_VERSION_13;
  context.allocate_cbk = &give;
  context.free_cbk = &take_back;
  context.flags = ARGON2_DEFAULT_FLAGS;
  if (const int error = argon2_ctx(&context, Argon2_id); error != ARGON2_OK)
    fail(argon2_error_message(error));
  return tag;
}

std::string random_bytes(std::size_t count, base::Random& random) {
  std::string bytes(count, '\0');
  random.fill(std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

bool can_be_hashed(std::string_view password) {
  return password.size() <= kMaxPasswordBytes && password.find('\0') == std::string_view::npos;
}

}  // namespace

bool allows(const PasswordCost& cost) {
  return cost.argon2_memory_kib >= kMinMemoryKib && cost.argon2_memory_kib <= kMaxMemoryKib &&
         cost.argon2_passes >= kMinPasses && cost.argon2_passes <= kMaxPasses;
}

std::size_t memory_bytes(const PasswordCost& cost) {
  return static_cast<std::size_t>(cost.argon2_memory_kib) * kBytesPerKib;
}

bool is_usable(std::string_view stored) { return parse(stored).has_value(); }

bool needs_rehash(std::string_view stored, const PasswordCost& cost) {
  const std::optional<Stored> parsed = parse(stored);
  return parsed->parameters != of(cost) || parsed->salt.size() < kSaltBytes ||
         parsed->tag.size() != kTagBytes;
}

std::string hash(std::string_view password, const PasswordCost& cost, base::Random& random,
                 WorkMemory& memory) {
  if (!can_be_hashed(password)) fail("a password that is too long reached argon2id");
  if (!allows(cost)) fail("argon2id cost out of bounds");
  Stored made{.parameters = of(cost), .salt = random_bytes(kSaltBytes, random), .tag = {}};
  made.tag = compute_tag(password, made.parameters, made.salt, kTagBytes, memory);
  return write(made);
}

bool verify(std::string_view password, std::string_view stored, WorkMemory& memory) {
  // One that is too long is tried all the same: the answer is no either way, and must not come
  // sooner.
  const bool possible = can_be_hashed(password);
  const std::optional<Stored> parsed = parse(stored);
  const std::string tag = compute_tag(password.substr(0, kMaxPasswordBytes), parsed->parameters,
                                      parsed->salt, parsed->tag.size(), memory);
  return equal_in_constant_time(tag, parsed->tag) && possible;
}

std::string make_dummy(const PasswordCost& cost, base::Random& random) {
  return write({.parameters = of(cost),
                .salt = random_bytes(kSaltBytes, random),
                .tag = random_bytes(kTagBytes, random)});
}

}  // namespace latchkey::crypto::argon2id
