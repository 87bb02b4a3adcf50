// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>

#include "base/error.h"
#include "base/random.h"
#include "crypto/base64url.h"
#include "crypto/constant_time.h"
#include "crypto/hmac.h"
#include "crypto/jws_keys.h"

namespace latchkey::crypto {
namespace {

constexpr std::size_t kMinKeyBytes = 32;      // RFC 7518, section 3.2
constexpr std::size_t kThumbprintChars = 16;  // 96 bits

class Hs256Key final : public JwsKey {
 public:
  explicit Hs256Key(const base::Secret& material)
      : hmac_(material), bits_(static_cast<int>(material.size() * 8)) {}

  [[nodiscard]] std::string sign(std::string_view input) const override {
    return std::string(hmac_.sign(input).bytes());
  }

  [[nodiscard]] bool verify(std::string_view input, std::string_view signature) const override {
    return equal_in_constant_time(hmac_.sign(input).bytes(), signature);
  }

  // Under the key itself, so that nobody without it can try guesses against the name.
  // A token's input always has a dot, this text has none: it is never a signature of anything.
  [[nodiscard]] std::string thumbprint() const override {
    return base64url_encode(hmac_.sign("latchkey kid").bytes()).substr(0, kThumbprintChars);
  }

  [[nodiscard]] JwkMembers public_members() const override { return {}; }
  [[nodiscard]] int bits() const override { return bits_; }

 private:
  HmacSha256 hmac_;
  int bits_;
};

}  // namespace

std::unique_ptr<JwsKey> make_hs256_key(const base::Secret& material) {
  if (material.size() < kMinKeyBytes) {
    throw base::Error(base::ErrorCode::kInternalError)
        .because("the key for HS256 is shorter than 32 bytes");
  }
  return std::make_unique<Hs256Key>(material);
}

base::Secret generate_hs256(int bits) {
  std::string bytes(static_cast<std::size_t>(bits) / 8, '\0');
  base::SystemRandom().fill(std::as_writable_bytes(std::span(bytes)));
  return base::Secret(std::move(bytes));
}

}  // namespace latchkey::crypto
