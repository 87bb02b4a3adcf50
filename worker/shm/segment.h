// SPDX-License-Identifier: Apache-2.0
#pragma once

// The memory that all workers share: the file `<runtime dir>/shared-v<layout version>`, mapped.
//
// Whoever comes first makes the file: it is written as a nameless file (O_TMPFILE), given its
// blocks and only then linked to its name, which one process alone can do. So the name is either
// absent or stands for a complete segment, and a process killed on the way leaves nothing behind.
// The blocks are taken at creation: a full tmpfs is an error there and never a SIGBUS later.
//
// A file that is not what this program would have made (a symbolic link, another owner or mode, cut
// off, another magic or layout) is refused and left alone: other processes may be using it, and
// nobody who made it properly can have left it like that. Nothing is lost when an operator removes
// it: the segment holds no data that must outlive a reboot.
//
// Used by workers (open_or_create) and by the command line (open_existing, so that root who only
// looks does not make a file that the service cannot open). What cannot be opened:
// Error(kInternalError) with the path and the reason as its cause. A worker then goes on with
// make_private() and says so in the log: a breaker of its own is better than no service.
//
// A Segment owns its mapping and must outlive every reference into it. After fork both processes
// have it.

#include <string>

#include "shm/layout.h"

namespace latchkey::shm {

class Segment {
 public:
  static Segment open_or_create(const std::string& runtime_dir);
  static Segment open_existing(const std::string& runtime_dir);
  // Anonymous memory: shared with the processes forked later, gone with the last of them.
  static Segment make_private();

  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  Segment(Segment&& other) noexcept;
  Segment& operator=(Segment&& other) noexcept;
  ~Segment();

  [[nodiscard]] SharedLayout& layout() const { return *layout_; }
  [[nodiscard]] bool is_private() const { return is_private_; }

 private:
  Segment(SharedLayout* layout, bool is_private) : layout_(layout), is_private_(is_private) {}

  SharedLayout* layout_;
  bool is_private_;
};

// "shared-v4"
std::string segment_file_name();

}  // namespace latchkey::shm
