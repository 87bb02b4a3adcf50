// SPDX-License-Identifier: Apache-2.0
#pragma once

// Makes a blocklist (crypto/blocklist.h) of lists of passwords, one a line.
//
// A line is taken as it stands, without its end (LF or CRLF); white space counts. Empty lines, and
// lines of more bytes than any password may have, are passed over. Takes 8 bytes of memory a line.
//
// Used by `latchkey blocklist build`. Reading and writing fail as source and sink do; more lines
// than a blocklist has entries are a BlocklistFault.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "service/line_reader.h"

namespace latchkey::service {

struct BlocklistCounts {
  std::uint64_t taken = 0;
  std::uint64_t too_long = 0;
};

class BlocklistBuilder {
 public:
  using Sink = std::function<void(std::string_view bytes)>;

  // `observe` is called now and then.
  void add(
      LineReader& lines, const std::function<void()>& observe = [] {});
  [[nodiscard]] const BlocklistCounts& counts() const { return counts_; }
  // Writes the whole file, and says how many entries it has. The builder is empty afterwards.
  std::uint64_t write(const Sink& sink);

 private:
  std::vector<std::uint64_t> entries_;
  BlocklistCounts counts_;
};

}  // namespace latchkey::service
