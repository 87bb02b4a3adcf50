// SPDX-License-Identifier: Apache-2.0
#pragma once

// /dev/null, and in passing the place of each standard descriptor that is closed.
//
// Whoever is started with one of them closed gives its number to the next file that it opens: what
// is printed then goes into a connection to the database, or a log into a file of somebody's.
//
// Runs in every process, before anything else is opened. Without /dev/null: std::system_error.

#include "base/descriptor.h"

namespace latchkey::base {

// Above the standard descriptors; those that were closed are /dev/null too from now on.
Descriptor open_null();

}  // namespace latchkey::base
