// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_keys.h"

#include <cerrno>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "cli/doctor_settings.h"
#include "config/key_check.h"

namespace latchkey::cli {
namespace {

constexpr const char* kDirectory = "keys";
constexpr const char* kSigner = "signer";

std::string counted(std::size_t keys) {
  return std::to_string(keys) + (keys == 1 ? " key verifies" : " keys verify");
}

}  // namespace

Finding judge_keys_dir(const std::string& path, const FileLook& look) {
  if (look.error == EACCES || look.error == EPERM) {
    return could_not_ask(kDirectory, path + ": permission denied.",
                         "Run this as root or as the user of the service.");
  }
  if (look.error != 0 || !S_ISDIR(look.mode)) {
    return failure(kDirectory, path + " is no directory that is there.",
                   "Make it: install -d -m 750 -g latchkey " + path + "; or correct JWT_KEYS_DIR.");
  }
  if ((look.mode & S_IWOTH) != 0) {
    return failure(kDirectory, path + " can be changed by everybody, who so can make tokens.",
                   "chmod 0750 " + path + ", and look who has put keys there.");
  }
  if ((look.mode & S_IWGRP) != 0) {
    return warning(kDirectory, path + " can be changed by its group.",
                   "chmod g-w " + path + ": workers need to read it, not to write.");
  }
  return ok(kDirectory, path + " can be changed by its owner only.");
}

Findings judge_ring(const crypto::KeyReading& reading, const crypto::JwsAlgorithm& signs_by,
                    std::int64_t now_ms) {
  Findings findings;
  for (const std::string& fault : reading.faults) {
    findings.push_back(failure(kSigner, fault + ".", "Mend it: no worker starts until then."));
  }
  for (const std::string& name : reading.ignored) {
    findings.push_back(warning("files", name + " is in the key directory and is no key.",
                               "Move it away, above all if it is an editor's copy of a key."));
  }
  if (!reading.ring) return findings;
  const std::string kid(reading.ring->signing_kid(now_ms));
  for (const crypto::KeyListing& key : reading.keys) {
    if (key.kid != kid) continue;
    findings.push_back(ok(kSigner, "The key " + kid + " signs by " + std::string(signs_by.name) +
                                       " with " + std::to_string(key.bits) + " bits; " +
                                       counted(reading.keys.size()) + "."));
  }
  return findings;
}

Findings judge_keys(const config::Settings& settings, std::int64_t now_ms) {
  Findings findings;
  const bool has_secret = !settings.jwt_secret_key.empty();
  const bool has_directory = !settings.jwt_keys_dir.empty();
  // Where neither is there, this says so.
  if (has_secret || !has_directory) findings.push_back(judge_key(settings.jwt_secret_key.reveal()));
  if (settings.jwt_algorithm == nullptr || !has_directory) return findings;
  const std::string& path = settings.jwt_keys_dir;
  findings.push_back(judge_keys_dir(path, look_at(path, Links::kFollow)));
  if (findings.back().mark == Mark::kCouldNotAsk || findings.back().mark == Mark::kFailure)
    return findings;
  if (access(path.c_str(), R_OK | X_OK) != 0 && errno == EACCES) {
    findings.push_back(could_not_ask(kSigner, path + " cannot be read.",
                                     "Run this as root or as the user of the service."));
    return findings;
  }
  const Findings ring = judge_ring(crypto::read_keys(config::key_source_of(settings)),
                                   *settings.jwt_algorithm, now_ms);
  findings.insert(findings.end(), ring.begin(), ring.end());
  return findings;
}

}  // namespace latchkey::cli
