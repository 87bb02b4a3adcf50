// SPDX-License-Identifier: Apache-2.0
#pragma once

// The password hashing schemes, as rows of one table.
//
// A stored hash says by its prefix which row made it; every row verifies, the configured one
// makes new hashes. crypt(3) itself would also take DES, MD5 and others: only what a row names
// and finds usable ever reaches it.
//
// Runs in hash workers and on the command line; the names and bounds are read by config/. Hashing
// that fails is a bug or a machine without memory: Error(kInternalError).

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/random.h"
#include "crypto/password_cost.h"
#include "crypto/work_memory.h"

namespace latchkey::crypto {

struct PasswordScheme {
  std::string_view name;                       // as in PASSWORD_HASH
  std::span<const std::string_view> prefixes;  // what stored hashes start with
  std::size_t max_password_bytes;              // beyond it the scheme would cut or refuse
  PasswordCost least_cost;                     // that allows() lets pass

  // Is the cost within the bounds? They hold for settings and for stored hashes alike: a stored
  // cost past them could keep a worker busy for hours.
  bool (*allows)(const PasswordCost& cost);
  // How much of a WorkMemory a hash of this cost takes.
  std::size_t (*memory_bytes)(const PasswordCost& cost);
  // Has `stored` exactly the form of this scheme, with a cost within the bounds?
  bool (*is_usable)(std::string_view stored);
  // Would hash() at this cost make a hash of another variant or cost? `stored` is usable.
  bool (*needs_rehash)(std::string_view stored, const PasswordCost& cost);
  // `password` has at most max_password_bytes and no NUL.
  std::string (*hash)(std::string_view password, const PasswordCost& cost, base::Random& random,
                      WorkMemory& memory);
  // `stored` is usable. Any password: one that no hash can be of does not match, and costs as
  // much as one that could.
  bool (*verify)(std::string_view password, std::string_view stored, WorkMemory& memory);
  // A usable hash that verifies at this cost and that belongs to no password anybody knows.
  std::string (*make_dummy)(const PasswordCost& cost, base::Random& random);
};

std::span<const PasswordScheme> password_schemes();
// nullptr if there is no such row.
const PasswordScheme* find_password_scheme(std::string_view name);
// The row that can verify `stored`; nullptr if it is unusable.
const PasswordScheme* scheme_of_hash(std::string_view stored);

}  // namespace latchkey::crypto
