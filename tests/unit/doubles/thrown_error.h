// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace latchkey::doubles {

// The error that `action` throws. That it throws none fails the test.
template <typename Action>
base::Error thrown_by(Action&& action) {
  try {
    action();
  } catch (const base::Error& error) {
    return error;
  }
  ADD_FAILURE() << "no base::Error was thrown";
  return base::Error(base::ErrorCode::kInternalError, "nothing was thrown");
}

// "field:code" of each fault, sorted.
inline std::vector<std::string> names_of(const std::vector<base::FieldError>& faults) {
  std::vector<std::string> names;
  for (const base::FieldError& fault : faults) names.push_back(fault.field + ":" + fault.code);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace latchkey::doubles
