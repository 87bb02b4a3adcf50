// SPDX-License-Identifier: Apache-2.0

// The functions on EC_KEY are deprecated since 3.0, and the only ones that take a nonce before 3.2.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/p256_signer.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include <openssl/core_names.h>
#include <openssl/opensslv.h>
#include <openssl/params.h>

#include "crypto/sha256.h"

namespace latchkey::crypto {
namespace {

constexpr int kNumberBytes = 32;

std::string raw_signature(const ECDSA_SIG& signature) {
  std::string raw(std::size_t{2} * kNumberBytes, '\0');
  unsigned char* const out = data_of(raw);
  const bool is_done =
      BN_bn2binpad(ECDSA_SIG_get0_r(&signature), out, kNumberBytes) == kNumberBytes &&
      BN_bn2binpad(ECDSA_SIG_get0_s(&signature), out + kNumberBytes, kNumberBytes) == kNumberBytes;
  require(is_done, "BN_bn2binpad");
  return raw;
}

}  // namespace

#if OPENSSL_VERSION_NUMBER >= 0x30200000L

struct P256Signer::Parts {
  Owned<EVP_PKEY_CTX> context;
};

P256Signer::P256Signer(EVP_PKEY& key)
    : parts_(std::make_unique<Parts>(
          Parts{owned(EVP_PKEY_CTX_new_from_pkey(nullptr, &key, nullptr), "EVP_PKEY_CTX_new")})) {
  std::string digest = "SHA256";
  unsigned int deterministic = 1;
  const std::array params{
      OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_uint(OSSL_SIGNATURE_PARAM_NONCE_TYPE, &deterministic),
      OSSL_PARAM_construct_end(),
  };
  require(EVP_PKEY_sign_init_ex(parts_->context.get(), params.data()) == 1,
          "EVP_PKEY_sign_init_ex");
}

std::string P256Signer::sign(std::string_view message) const {
  const Sha256 digest(message);
  std::array<unsigned char, 80> der{};
  std::size_t size = der.size();
  require(EVP_PKEY_sign(parts_->context.get(), der.data(), &size, data_of(digest.bytes()),
                        digest.bytes().size()) == 1,
          "EVP_PKEY_sign");
  const unsigned char* at = der.data();
  return raw_signature(
      *owned(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)), "d2i_ECDSA_SIG"));
}

#else

namespace {

// 32 bytes that are wiped: a hash, a number of the curve's order, or a state of the generator.
class Block {
 public:
  Block() = default;
  explicit Block(unsigned char filling) { bytes_.fill(filling); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  unsigned char* data() { return bytes_.data(); }
  [[nodiscard]] const unsigned char* data() const { return bytes_.data(); }
  static constexpr std::size_t size() { return kNumberBytes; }

 private:
  std::array<unsigned char, kNumberBytes> bytes_{};
};

struct FreeEcKey {
  void operator()(EC_KEY* key) const { EC_KEY_free(key); }
};
struct FreeMacContext {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMacContext>;

MacContext make_mac_context() {
  const auto mac = owned(EVP_MAC_fetch(nullptr, "HMAC", nullptr), "EVP_MAC_fetch");
  MacContext context(EVP_MAC_CTX_new(mac.get()));
  require(context != nullptr, "EVP_MAC_CTX_new");
  std::string digest = "SHA256";
  const std::array params{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end(),
  };
  require(EVP_MAC_CTX_set_params(context.get(), params.data()) == 1, "EVP_MAC_CTX_set_params");
  return context;
}

Owned<BIGNUM> make_number() {
  // The secure heap where there is one.
  auto number = owned(BN_secure_new(), "BN_secure_new");
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  return number;
}

// RFC 6979, section 3.2, steps b to h. K and V are the RFC's names.
class NonceGenerator {
 public:
  // `private_number` and `hash`: int2octets(x) and bits2octets(h1).
  NonceGenerator(EVP_MAC_CTX& mac, const Block& private_number, const Block& hash) : mac_(mac) {
    for (const unsigned char step : kSteps) {
      begin();
      update(v_);
      require(EVP_MAC_update(&mac_, &step, 1) == 1, "EVP_MAC_update");
      update(private_number);
      update(hash);
      finish(k_);
      advance();
    }
  }

  // The next candidate.
  const Block& next() {
    if (has_failed_) {
      begin();
      update(v_);
      require(EVP_MAC_update(&mac_, kSteps.data(), 1) == 1, "EVP_MAC_update");
      finish(k_);
      advance();
    }
    has_failed_ = true;
    advance();
    return v_;
  }

 private:
  void begin() {
    require(EVP_MAC_init(&mac_, k_.data(), Block::size(), nullptr) == 1, "EVP_MAC_init");
  }
  void update(const Block& block) {
    require(EVP_MAC_update(&mac_, block.data(), Block::size()) == 1, "EVP_MAC_update");
  }
  void finish(Block& block) {
    std::size_t size = 0;
    require(EVP_MAC_final(&mac_, block.data(), &size, Block::size()) == 1 && size == Block::size(),
            "EVP_MAC_final");
  }
  // V = HMAC_K(V)
  void advance() {
    begin();
    update(v_);
    finish(v_);
  }

  static constexpr std::array<unsigned char, 2> kSteps{0x00, 0x01};

  EVP_MAC_CTX& mac_;
  Block k_{0x00};
  Block v_{0x01};
  bool has_failed_ = false;
};

}  // namespace

struct P256Signer::Parts {
  std::unique_ptr<EC_KEY, FreeEcKey> key;
  MacContext mac = make_mac_context();
  Owned<BN_CTX> context = owned(BN_CTX_secure_new(), "BN_CTX_secure_new");
  Owned<BN_MONT_CTX> montgomery = owned(BN_MONT_CTX_new(), "BN_MONT_CTX_new");
  Owned<BIGNUM> order_minus_2 = owned(BN_new(), "BN_new");
  Block private_number;

  [[nodiscard]] const EC_GROUP& group() const { return *EC_KEY_get0_group(key.get()); }
  [[nodiscard]] const BIGNUM& order() const { return *EC_GROUP_get0_order(&group()); }

  // bits2octets: the hash as a number of the order.
  void reduce(const Sha256& digest, Block& out) const {
    const auto number =
        owned(BN_bin2bn(data_of(digest.bytes()), kNumberBytes, nullptr), "BN_bin2bn");
    require(BN_nnmod(number.get(), number.get(), &order(), context.get()) == 1 &&
                BN_bn2binpad(number.get(), out.data(), kNumberBytes) == kNumberBytes,
            "BN_nnmod");
  }

  // Takes r of the nonce and its inverse; false: the nonce will not do.
  bool set_up(const Block& candidate, BIGNUM& inverse, BIGNUM& r) const {
    const auto nonce = make_number();
    require(BN_bin2bn(candidate.data(), kNumberBytes, nonce.get()) != nullptr, "BN_bin2bn");
    if (BN_is_zero(nonce.get()) == 1 || BN_cmp(nonce.get(), &order()) >= 0) return false;
    const auto point = owned(EC_POINT_new(&group()), "EC_POINT_new");
    require(EC_POINT_mul(&group(), point.get(), nonce.get(), nullptr, nullptr, context.get()) == 1,
            "EC_POINT_mul");
    require(
        EC_POINT_get_affine_coordinates(&group(), point.get(), &r, nullptr, context.get()) == 1 &&
            BN_nnmod(&r, &r, &order(), context.get()) == 1,
        "EC_POINT_get_affine_coordinates");
    // By Fermat: the order is a prime.
    require(BN_mod_exp_mont_consttime(&inverse, nonce.get(), order_minus_2.get(), &order(),
                                      context.get(), montgomery.get()) == 1,
            "BN_mod_exp_mont_consttime");
    return BN_is_zero(&r) == 0;
  }
};

P256Signer::P256Signer(EVP_PKEY& key) : parts_(std::make_unique<Parts>()) {
  parts_->key.reset(EVP_PKEY_get1_EC_KEY(&key));
  require(parts_->key != nullptr, "EVP_PKEY_get1_EC_KEY");
  const BIGNUM* const number = EC_KEY_get0_private_key(parts_->key.get());
  require(number != nullptr &&
              BN_bn2binpad(number, parts_->private_number.data(), kNumberBytes) == kNumberBytes,
          "EC_KEY_get0_private_key");
  require(
      BN_copy(parts_->order_minus_2.get(), &parts_->order()) != nullptr &&
          BN_sub_word(parts_->order_minus_2.get(), 2) == 1 &&
          BN_MONT_CTX_set(parts_->montgomery.get(), &parts_->order(), parts_->context.get()) == 1,
      "BN_MONT_CTX_set");
}

std::string P256Signer::sign(std::string_view message) const {
  const Sha256 digest(message);
  Block reduced;
  parts_->reduce(digest, reduced);
  NonceGenerator generator(*parts_->mac, parts_->private_number, reduced);
  const auto inverse = make_number();
  const auto r = owned(BN_new(), "BN_new");
  // Once in 2^32 a candidate is not below the order; that s is 0 happens to nobody.
  while (!parts_->set_up(generator.next(), *inverse, *r)) {
  }
  return raw_signature(*owned(ECDSA_do_sign_ex(data_of(digest.bytes()), kNumberBytes, inverse.get(),
                                               r.get(), parts_->key.get()),
                              "ECDSA_do_sign_ex"));
}

#endif

P256Signer::~P256Signer() = default;

}  // namespace latchkey::crypto
