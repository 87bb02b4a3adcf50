// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "config/row_groups.h"

namespace latchkey::config {
namespace {

constexpr std::array kRows{
    Row{
        .group = "Login throttle",
        .name = "LOGIN_THROTTLE_FREE",
        .default_text = "10",
        .kind =
            IntegerKind{
                .field = &Settings::login_throttle_free, .min = 1, .max = 1000, .may_be_off = true},
        .help = "How many attempts at the password of one login name go without delay, of all "
                "clients together. The next has to wait a second, and each one after it twice as "
                "long. The same for changing a password. off: nothing is counted.",
    },
    Row{
        .group = "Login throttle",
        .name = "LOGIN_THROTTLE_MAX_DELAY",
        .default_text = "15m",
        .kind = DurationKind{.field = &Settings::login_throttle_max_delay,
                             .unit = kSecond,
                             .min = kSecond,
                             .max = kDay,
                             .whole_seconds = true},
        .help = "The longest wait between two attempts.",
    },
    Row{
        .group = "Login throttle",
        .name = "LOGIN_THROTTLE_RESET",
        .default_text = "1d",
        .kind = DurationKind{.field = &Settings::login_throttle_reset,
                             .unit = kSecond,
                             .min = kSecond,
                             .max = 30 * kDay,
                             .whole_seconds = true},
        .help = "After how long without an attempt those before are forgotten. The right password "
                "makes them forgotten at once. No shorter than LOGIN_THROTTLE_MAX_DELAY.",
    },
};

}  // namespace

std::span<const Row> throttle_rows() { return kRows; }

}  // namespace latchkey::config
