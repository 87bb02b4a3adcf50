// SPDX-License-Identifier: Apache-2.0
#include "config/rows.h"

#include <algorithm>

#include "config/row_groups.h"

namespace latchkey::config {

std::span<const Row> rows() {
  static const std::vector<Row> all = [] {
    std::vector<Row> joined;
    for (const auto group : {database_rows(), token_rows(), password_rows(), throttle_rows(),
                             operation_rows(), nginx_rows()}) {
      joined.insert(joined.end(), group.begin(), group.end());
    }
    return joined;
  }();
  return all;
}

const Row* find_row(std::string_view name) {
  const auto all = rows();
  const auto row = std::ranges::find(all, name, &Row::name);
  return row == all.end() ? nullptr : &*row;
}

}  // namespace latchkey::config
