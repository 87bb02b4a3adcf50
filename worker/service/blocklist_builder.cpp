// SPDX-License-Identifier: Apache-2.0
#include "service/blocklist_builder.h"

#include <algorithm>
#include <string>

#include "crypto/blocklist.h"

namespace latchkey::service {
namespace {

constexpr std::size_t kLongestPassword = 1024;  // of any scheme
constexpr std::size_t kWrittenAtOnce = std::size_t{64} * 1024;
constexpr std::uint64_t kLinesBetweenLooks = 100'000;

}  // namespace

void BlocklistBuilder::add(LineReader& lines, const std::function<void()>& observe) {
  while (const std::optional<Line> line = lines.next()) {
    if (line->is_too_long || line->text.size() > kLongestPassword) {
      ++counts_.too_long;
    } else if (!line->text.empty()) {
      if (entries_.size() == crypto::kMaxBlocklistEntries)
        throw crypto::BlocklistFault("would have too many entries");
      entries_.push_back(crypto::blocklist_entry(line->text));
      ++counts_.taken;
    }
    if (counts_.taken % kLinesBetweenLooks == 0) observe();
  }
}

std::uint64_t BlocklistBuilder::write(const Sink& sink) {
  std::ranges::sort(entries_);
  entries_.erase(std::unique(entries_.begin(), entries_.end()), entries_.end());
  const std::uint64_t size = entries_.size();

  std::string bytes(crypto::kBlocklistMagic);
  const auto append = [&bytes](std::uint64_t number) {
    const auto ordered = crypto::in_blocklist_order(number);
    bytes.append(ordered.data(), ordered.size());
  };
  append(size);
  for (const std::uint64_t entry : entries_) {
    append(entry);
    if (bytes.size() < kWrittenAtOnce) continue;
    sink(bytes);
    bytes.clear();
  }
  sink(bytes);
  entries_ = {};
  return size;
}

}  // namespace latchkey::service
