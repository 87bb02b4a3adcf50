// SPDX-License-Identifier: Apache-2.0
#pragma once

// Refusing a caller whose token is good but whose session or account is not.
//
// Runs in workers. Throws base::Error.

#include "base/error.h"
#include "db/records.h"

namespace latchkey::service {

// kTokenRevoked for an ended session, kUserInactive for a deactivated user; returns otherwise.
inline void require_live(db::Standing standing) {
  if (standing == db::Standing::kEnded) throw base::Error(base::ErrorCode::kTokenRevoked);
  if (standing == db::Standing::kInactive) throw base::Error(base::ErrorCode::kUserInactive);
}

}  // namespace latchkey::service
