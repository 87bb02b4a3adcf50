// SPDX-License-Identifier: Apache-2.0
#include "crypto/jws_algorithm.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/error.h"
#include "crypto/base64url.h"
#include "crypto/constant_time.h"
#include "crypto/hmac.h"

namespace latchkey::crypto {
namespace {

constexpr std::size_t kMinHs256KeyBytes = 32;  // RFC 7518, section 3.2
constexpr std::size_t kThumbprintChars = 16;   // 96 bits

class Hs256Key final : public JwsKey {
 public:
  explicit Hs256Key(const base::Secret& material) : hmac_(material) {}

  static std::unique_ptr<JwsKey> make(const base::Secret& material) {
    if (material.size() < kMinHs256KeyBytes) {
      throw base::Error(base::ErrorCode::kInternalError)
          .because("the key for HS256 is shorter than 32 bytes");
    }
    return std::make_unique<Hs256Key>(material);
  }

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

 private:
  HmacSha256 hmac_;
};

constexpr std::array kAlgorithms{
    JwsAlgorithm{"HS256", &Hs256Key::make},
};

}  // namespace

std::span<const JwsAlgorithm> jws_algorithms() { return kAlgorithms; }

const JwsAlgorithm* find_jws_algorithm(std::string_view name) {
  const auto* row = std::ranges::find(kAlgorithms, name, &JwsAlgorithm::name);
  return row == kAlgorithms.end() ? nullptr : row;
}

}  // namespace latchkey::crypto
