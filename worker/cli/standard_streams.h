// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every process does with its standard descriptors before anything else.

namespace latchkey::cli {

// Those that are closed are /dev/null from now on, and a write to a reader who has gone is an error
// and not the end of the process: an account that is half made is worse than a list that nobody
// reads to its end. Throws std::system_error.
void secure_standard_streams();

}  // namespace latchkey::cli
