// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "config/row_groups.h"
#include "crypto/bcrypt.h"

namespace latchkey::config {
namespace {

constexpr ChoiceKind kPasswordHashChoice{
    .names = [] { return names_of(crypto::password_schemes()); },
    .store = [](Settings& s, std::size_t i) { s.password_hash = &crypto::password_schemes()[i]; },
};

constexpr ChoiceKind kPasswordPolicyChoice{
    .names =
        [] {
          return std::vector<std::string_view>{"length", "composition"};
        },
    .store = &store_enum<&Settings::password_policy, PasswordPolicy::kLength,
                         PasswordPolicy::kComposition>,
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
        .name = "PASSWORD_POLICY",
        .default_text = "length",
        .kind = kPasswordPolicyChoice,
        .help = "What a new password must have: length asks for PASSWORD_MIN_LENGTH alone, "
                "composition also for an upper-case letter, a lower-case letter and a digit.",
    },
    Row{
        .group = "Passwords",
        .name = "PASSWORD_MIN_LENGTH",
        .default_text = "8",
        .kind = IntegerKind{&Settings::password_min_length, 1, 128},
        .help = "The least number of characters of a new password. bcrypt takes at most 72 bytes.",
    },
    Row{
        .group = "Passwords",
        .name = "PASSWORD_BLOCKLIST",
        .default_text = "",
        .kind = ReservedKind{},
        .help = {},
    },
};

}  // namespace

std::span<const Row> password_rows() { return kRows; }

}  // namespace latchkey::config
