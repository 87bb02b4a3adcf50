// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "config/checks.h"
#include "config/row_groups.h"

namespace latchkey::config {
namespace {

using namespace std::chrono_literals;

constexpr ChoiceKind kJwsAlgorithmChoice{
    .names = [] { return names_of(crypto::jws_algorithms()); },
    .store = [](Settings& s, std::size_t i) { s.jwt_algorithm = &crypto::jws_algorithms()[i]; },
};

constexpr std::array kRows{
    Row{
        .group = "Tokens",
        .name = "JWT_SECRET_KEY",
        .default_text = "",
        .kind = SecretKind{&Settings::jwt_secret_key, &check_secret_key,
                           "at least 32 bytes that nobody can guess, or empty",
                           /*may_be_empty=*/true},
        .help = "The oldest key of HS256; whoever knows it can make tokens for any user. Required "
                "by HS256, unless JWT_KEYS_DIR has such a key. With another JWT_ALGORITHM it only "
                "verifies. Make one with: openssl rand -base64 48",
    },
    Row{
        .group = "Tokens",
        .name = "JWT_ALGORITHM",
        .default_text = "HS256",
        .kind = kJwsAlgorithmChoice,
        .help = "The signature algorithm of new tokens. ES256, EdDSA and RS256 need JWT_KEYS_DIR.",
    },
    Row{
        .group = "Tokens",
        .name = "JWT_KEYS_DIR",
        .default_text = "",
        .kind = TextKind{&Settings::jwt_keys_dir, &check_keys_dir, "an absolute path, or empty"},
        .help = "The directory of the keys that latchkey keys makes and retires. The newest key of "
                "JWT_ALGORITHM signs, all verify. Who can write there can make tokens.",
    },
    Row{
        .group = "Tokens",
        .name = "JWT_ISSUER",
        .default_text = "latchkey",
        .kind = TextKind{&Settings::jwt_issuer, &check_issuer,
                         "1 to 255 bytes of UTF-8 without control characters"},
        .help = "The claim iss of every token. A token with another one is refused.",
    },
    Row{
        .group = "Tokens",
        .name = "ACCESS_TOKEN_EXPIRE_MINUTES",
        .default_text = "30",
        .kind = DurationKind{.field = &Settings::access_token_lifetime,
                             .unit = kMinute,
                             .min = kSecond,
                             .max = kDay,
                             .whole_seconds = true},
        .help = "How long an access token is good, though no longer than its session. /auth/verify "
                "believes it that long, unless the node has learned that its session has ended.",
    },
    Row{
        .group = "Tokens",
        .name = "REFRESH_TOKEN_EXPIRE_DAYS",
        .default_text = "7",
        .kind = DurationKind{.field = &Settings::refresh_token_lifetime,
                             .unit = kDay,
                             .min = kSecond,
                             .max = 366 * kDay,
                             .whole_seconds = true},
        .help = "How long a session lives without a refresh. Each refresh starts it anew.",
    },
    Row{
        .group = "Tokens",
        .name = "REFRESH_REUSE_LEEWAY",
        .default_text = "10s",
        .kind = DurationKind{.field = &Settings::refresh_reuse_leeway,
                             .unit = kSecond,
                             .min = 1ms,
                             .max = 5 * kMinute,
                             .zero_is_off = true},
        .help = "For how long after a refresh the token just used may come again (two tabs, a "
                "lost answer) without being taken for theft.",
    },
};

}  // namespace

std::span<const Row> token_rows() { return kRows; }

}  // namespace latchkey::config
