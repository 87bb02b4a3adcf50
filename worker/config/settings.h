// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every setting of the program, typed and checked. Where a name, a default or a range comes from:
// rows.h. Where the values come from: load.h.
//
// Runs in every process: supervisor and workers each load the settings for themselves. Made once
// at start, then read only. No failures.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/secret.h"
#include "crypto/jws_algorithm.h"
#include "crypto/password_scheme.h"

namespace latchkey::config {

enum class Deployment { kProduction, kDevelopment };

enum class PasswordPolicy { kLength, kComposition, kStrength };

// As nginx's limit_req counts.
struct Rate {
  int requests_per_minute = 0;  // 0: no limit

  bool operator==(const Rate&) const = default;
};

enum class Source { kDefault, kFile, kCredential, kEnvironment };

// For people who ask where a value comes from.
struct Provenance {
  std::string_view name;
  Source source = Source::kDefault;
  std::string shown;  // the text that was given; of a secret only asterisks
};

struct Settings {
  base::Secret database_url;
  std::chrono::milliseconds database_timeout{};
  bool database_prepared = false;

  base::Secret admin_database_url;                   // empty: not given
  std::chrono::milliseconds purge_sessions_after{};  // whole seconds
  std::chrono::milliseconds audit_retention{};       // whole seconds; 0: for ever

  base::Secret jwt_secret_key;  // empty: not given
  const crypto::JwsAlgorithm* jwt_algorithm = nullptr;
  std::string jwt_keys_dir;  // empty: none
  std::string jwt_issuer;
  std::chrono::milliseconds access_token_lifetime{};   // whole seconds
  std::chrono::milliseconds refresh_token_lifetime{};  // whole seconds
  std::chrono::milliseconds refresh_reuse_leeway{};

  const crypto::PasswordScheme* password_hash = nullptr;
  int bcrypt_rounds = 0;
  int argon2_memory_kib = 0;
  int argon2_passes = 0;
  PasswordPolicy password_policy = PasswordPolicy::kLength;
  int password_min_length = 0;
  int password_min_score = 0;
  std::string password_blocklist;  // a path; empty: none

  [[nodiscard]] crypto::PasswordCost password_cost() const {
    return {.bcrypt_rounds = bcrypt_rounds,
            .argon2_memory_kib = argon2_memory_kib,
            .argon2_passes = argon2_passes};
  }

  int login_throttle_free = 0;                           // 0: no throttle
  std::chrono::milliseconds login_throttle_max_delay{};  // whole seconds
  std::chrono::milliseconds login_throttle_reset{};      // whole seconds

  std::vector<std::string> cors_origins;

  base::LogLevel log_level = base::LogLevel::kInfo;
  Deployment environment = Deployment::kProduction;

  int circuit_breaker_threshold = 0;
  std::chrono::milliseconds circuit_breaker_timeout{};
  int circuit_breaker_half_open_max_calls = 0;

  std::string runtime_dir;
  std::chrono::milliseconds worker_timeout{};
  int worker_max_requests = 0;  // 0: never recycled
  int worker_memory_max_mib = 0;
  std::chrono::milliseconds worker_idle_exit{};  // 0: never

  // Used by the nginx configuration, checked here.
  Rate rate_limit_login;
  Rate rate_limit_register;
  int hash_queue_login = 0;
  int hash_queue_register = 0;
  std::string metrics_networks;

  std::vector<Provenance> provenance;  // in the order of the rows
  std::vector<std::string> warnings;   // allowed, but an operator should know
};

}  // namespace latchkey::config
