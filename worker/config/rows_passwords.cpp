// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "config/checks.h"
#include "config/row_groups.h"
#include "crypto/argon2id.h"
#include "crypto/bcrypt.h"
#include "crypto/password_strength.h"

namespace latchkey::config {
namespace {

constexpr ChoiceKind kPasswordHashChoice{
    .names = [] { return names_of(crypto::password_schemes()); },
    .store = [](Settings& s, std::size_t i) { s.password_hash = &crypto::password_schemes()[i]; },
};

constexpr ChoiceKind kPasswordPolicyChoice{
    .names =
        [] {
          return std::vector<std::string_view>{"length", "composition", "strength"};
        },
    .store = &store_enum<&Settings::password_policy, PasswordPolicy::kLength,
                         PasswordPolicy::kComposition, PasswordPolicy::kStrength>,
};

constexpr std::array kRows{
    Row{
        .group = "Passwords",
        .name = "PASSWORD_HASH",
        .default_text = "bcrypt",
        .kind = kPasswordHashChoice,
        .help = "The scheme of new hashes. Hashes of another one are renewed at login.",
    },
    Row{
        .group = "Passwords",
        .name = "BCRYPT_ROUNDS",
        .default_text = "12",
        .kind = IntegerKind{&Settings::bcrypt_rounds, crypto::bcrypt::kMinCost,
                            crypto::bcrypt::kMaxCost},
        .help = "bcrypt's cost: one more doubles the time of a login. Hashes of another cost are "
                "renewed at login.",
    },
    Row{
        .group = "Passwords",
        .name = "ARGON2_MEMORY",
        .default_text = "19456",
        .kind = IntegerKind{&Settings::argon2_memory_kib, crypto::argon2id::kMinMemoryKib,
                            crypto::argon2id::kMaxMemoryKib},
        .help = "argon2id's memory in KiB, of each hash worker and within WORKER_MEMORY_MAX. "
                "Hashes of another one are renewed at login.",
    },
    Row{
        .group = "Passwords",
        .name = "ARGON2_PASSES",
        .default_text = "2",
        .kind = IntegerKind{&Settings::argon2_passes, crypto::argon2id::kMinPasses,
                            crypto::argon2id::kMaxPasses},
        .help = "How often argon2id goes over its memory. Hashes of another number are renewed at "
                "login. latchkey config bench-hash measures what this machine can do.",
    },
    Row{
        .group = "Passwords",
        .name = "PASSWORD_POLICY",
        .default_text = "length",
        .kind = kPasswordPolicyChoice,
        .help = "What a new password must have: length asks for PASSWORD_MIN_LENGTH alone, "
                "composition also for an upper-case letter, a lower-case letter and a digit, "
                "strength for PASSWORD_MIN_SCORE.",
    },
    Row{
        .group = "Passwords",
        .name = "PASSWORD_MIN_LENGTH",
        .default_text = "8",
        .kind = IntegerKind{&Settings::password_min_length, 1, 128},
        .help = "The least number of characters of a new password. bcrypt takes at most 72 bytes, "
                "argon2id 1024.",
    },
    Row{
        .group = "Passwords",
        .name = "PASSWORD_MIN_SCORE",
        .default_text = "3",
        .kind = IntegerKind{&Settings::password_min_score, 0, crypto::kMaxPasswordScore},
        .help = "Under PASSWORD_POLICY=strength, the least score of zxcvbn: 3 is ten to the eighth "
                "guesses, 4 ten to the tenth. The user's names count as known.",
    },
    Row{
        .group = "Passwords",
        .name = "PASSWORD_BLOCKLIST",
        .default_text = "",
        .kind = TextKind{&Settings::password_blocklist, &check_blocklist,
                         "the absolute path of a file made by latchkey blocklist build, or "
                         "nothing"},
        .help = "A file of passwords that nobody may choose, in upper or lower case. The package "
                "ships one: /usr/share/latchkey/passwords.blocklist. Empty: none.",
    },
};

}  // namespace

std::span<const Row> password_rows() { return kRows; }

}  // namespace latchkey::config
