// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate.h"

#include <ctime>
#include <memory>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/error.h"

namespace latchkey::crypto {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Bio = std::unique_ptr<BIO, Free>;

Bio checked(BIO* bio) {
  if (bio == nullptr) throw base::Error(base::ErrorCode::kInternalError).because("BIO_new failed");
  return Bio(bio);
}

std::optional<std::int64_t> seconds_of(const ASN1_TIME* time) {
  std::tm broken_down{};
  if (ASN1_TIME_to_tm(time, &broken_down) != 1) return std::nullopt;
  return timegm(&broken_down);
}

std::string text_of(const X509_NAME* name) {
  const Bio out = checked(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::optional<Certificate> describe(const X509* certificate) {
  const auto not_before = seconds_of(X509_get0_notBefore(certificate));
  const auto not_after = seconds_of(X509_get0_notAfter(certificate));
  if (!not_before || !not_after) return std::nullopt;
  return Certificate{text_of(X509_get_subject_name(certificate)), *not_before, *not_after};
}

// Whether reading stopped because there is nothing more, rather than at something broken.
bool is_at_the_end() { return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE; }

}  // namespace

std::optional<std::vector<Certificate>> read_certificates(std::string_view pem) {
  const Bio in = checked(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<Certificate> certificates;
  ERR_clear_error();
  for (;;) {
    const std::unique_ptr<X509, Free> next(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    if (next == nullptr) break;
    auto described = describe(next.get());
    if (!described) return std::nullopt;
    certificates.push_back(std::move(*described));
  }
  const bool is_whole = is_at_the_end();
  ERR_clear_error();
  if (!is_whole || certificates.empty()) return std::nullopt;
  return certificates;
}

}  // namespace latchkey::crypto
