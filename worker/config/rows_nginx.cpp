// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "config/checks.h"
#include "config/row_groups.h"

namespace latchkey::config {
namespace {

constexpr std::array kRows{
    Row{
        .group = "nginx",
        .name = "RATE_LIMIT_LOGIN",
        .default_text = "10r/m",
        .kind = RateKind{&Settings::rate_limit_login},
        .help = "Logins of one client address before it gets 429.",
    },
    Row{
        .group = "nginx",
        .name = "RATE_LIMIT_REGISTER",
        .default_text = "10r/m",
        .kind = RateKind{&Settings::rate_limit_register},
        .help = "Registrations of one client address before it gets 429.",
    },
    Row{
        .group = "nginx",
        .name = "HASH_QUEUE_LOGIN",
        .default_text = "16",
        .kind = IntegerKind{&Settings::hash_queue_login, 1, 10'000},
        .help = "Logins, and as many password changes, that may wait or run at once; the next gets "
                "503. "
                "One client address gets three quarters at the most.",
    },
    Row{
        .group = "nginx",
        .name = "HASH_QUEUE_REGISTER",
        .default_text = "80",
        .kind = IntegerKind{&Settings::hash_queue_register, 1, 10'000},
        .help = "Registrations that may wait or run at once; the next gets 503. One client address "
                "gets "
                "three quarters at the most.",
    },
    Row{
        .group = "nginx",
        .name = "METRICS_NETWORKS",
        .default_text = "",
        .kind = TextKind{&Settings::metrics_networks, &check_networks,
                         "addresses and networks such as 192.0.2.0/24, with commas between them"},
        .help = "Who may read /metrics beside this machine itself; for everybody else there is "
                "nothing at that path.",
    },
};

}  // namespace

std::span<const Row> nginx_rows() { return kRows; }

}  // namespace latchkey::config
