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

namespace latchkey::crypto {

struct PasswordScheme {
  std::string_view name;                       // as in PASSWORD_HASH
  std::span<const std::string_view> prefixes;  // what stored hashes start with
  std::size_t max_password_bytes;              // beyond it the scheme would cut or refuse
  // Bounds of the cost, for the setting and for stored hashes alike: a stored cost past them
  // could keep a worker busy for hours.
  int min_cost;
  int max_cost;

  // Has `stored` exactly the form of this scheme, with a cost within the bounds?
  bool (*is_usable)(std::string_view stored);
  // The cost that `stored`, which is usable, was made with; one more doubles the work.
  int (*cost_of)(std::string_view stored);
  // Would hash() at this cost make a hash of another variant or cost? `stored` is usable.
  bool (*needs_rehash)(std::string_view stored, int cost);
  // `password` has at most max_password_bytes and no NUL.
  std::string (*hash)(std::string_view password, int cost, base::Random& random);
  // `stored` is usable. Any password: one that no hash can be of does not match, and costs as
  // much as one that could.
  bool (*verify)(std::string_view password, std::string_view stored);
  // A usable hash that verifies at this cost and that belongs to no password anybody knows.
  std::string (*make_dummy)(int cost, base::Random& random);
};

std::span<const PasswordScheme> password_schemes();
// nullptr if there is no such row.
const PasswordScheme* find_password_scheme(std::string_view name);
// The row that can verify `stored`; nullptr if it is unusable.
const PasswordScheme* scheme_of_hash(std::string_view stored);

}  // namespace latchkey::crypto
