// SPDX-License-Identifier: Apache-2.0
#include "shm/segment.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/descriptor.h"
#include "base/error.h"

namespace latchkey::shm {

namespace {

constexpr mode_t kMode = 0600;
// How often a file that vanishes between "it exists" and "open it" is made anew.
constexpr int kMaxAttempts = 10;

[[noreturn]] void fail(const std::string& path, std::string_view reason) {
  throw base::Error(base::ErrorCode::kInternalError)
      .because("shared segment " + path + ": " + std::string(reason));
}

[[noreturn]] void fail_with_errno(const std::string& path, std::string_view call, int error) {
  fail(path, std::string(call) + ": " + std::generic_category().message(error));
}

SharedLayout* map_memory(const std::string& path, int fd, int flags) {
  void* memory = mmap(nullptr, sizeof(SharedLayout), PROT_READ | PROT_WRITE, flags, fd, 0);
  if (memory == MAP_FAILED) {
    fail_with_errno(path, "mmap", errno);
  }
  return static_cast<SharedLayout*>(memory);
}

void unmap_memory(SharedLayout* layout) { munmap(layout, sizeof(SharedLayout)); }

SharedLayout* make_layout(SharedLayout* memory) {
  // cppcheck-suppress legacyUninitvar  // it takes the placement for a use
  auto* layout = new (memory) SharedLayout{};
  layout->header.magic.store(kSegmentMagic);
  layout->header.layout_version.store(kLayoutVersion);
  layout->header.size_bytes.store(sizeof(SharedLayout));
  return layout;
}

// The runtime directory; every name is looked up below this one descriptor.
class Directory {
 public:
  explicit Directory(const std::string& path)
      : path_(path + "/" + segment_file_name()),
        fd_(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    if (!fd_) {
      fail_with_errno(path_, "open the directory", errno);
    }
  }

  // nullptr if there is no file.
  [[nodiscard]] SharedLayout* attach() const;
  // False if another process was first.
  [[nodiscard]] bool create() const;

  [[nodiscard]] const std::string& file_path() const { return path_; }

 private:
  void check_file(int fd) const;
  void check_header(int fd) const;

  std::string path_;
  base::Descriptor fd_;
};

SharedLayout* Directory::attach() const {
  // O_NONBLOCK: something else under this name (a FIFO) must not hold the worker up.
  const base::Descriptor file(
      openat(fd_.get(), segment_file_name().c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT) {
      return nullptr;
    }
    if (errno == ELOOP) {
      fail(path_, "is a symbolic link");
    }
    fail_with_errno(path_, "open", errno);
  }
  check_file(file.get());
  check_header(file.get());
  return std::launder(map_memory(path_, file.get(), MAP_SHARED));
}

void Directory::check_file(int fd) const {
  struct stat file {};
  struct stat directory {};
  if (fstat(fd, &file) != 0 || fstat(fd_.get(), &directory) != 0) {
    fail_with_errno(path_, "fstat", errno);
  }
  if (!S_ISREG(file.st_mode)) {
    fail(path_, "is not a regular file");
  }
  // Root may look into the segment of the service, whose user owns the directory.
  const bool is_ours =
      file.st_uid == geteuid() || (geteuid() == 0 && file.st_uid == directory.st_uid);
  if (!is_ours) {
    fail(path_, "belongs to another user (uid " + std::to_string(file.st_uid) + ")");
  }
  if ((file.st_mode & 07777U) != kMode) {
    fail(path_, "has permissions other than 0600");
  }
  if (file.st_size != sizeof(SharedLayout)) {
    fail(path_, "has " + std::to_string(file.st_size) + " bytes instead of " +
                    std::to_string(sizeof(SharedLayout)));
  }
}

// By pread: touching a hole of a mapped file on a full tmpfs would be a SIGBUS.
void Directory::check_header(int fd) const {
  std::array<std::uint64_t, 3> header{};
  static_assert(sizeof(header) <= sizeof(SegmentHeader));
  if (pread(fd, header.data(), sizeof(header), 0) != static_cast<ssize_t>(sizeof(header))) {
    fail(path_, "its header cannot be read");
  }
  if (header[0] != kSegmentMagic) {
    fail(path_, "is not a segment of this program (magic)");
  }
  if (header[1] != kLayoutVersion) {
    fail(path_, "has layout version " + std::to_string(header[1]) + " instead of " +
                    std::to_string(kLayoutVersion));
  }
  if (header[2] != sizeof(SharedLayout)) {
    fail(path_, "was made for another size of the layout");
  }
}

bool Directory::create() const {
  const base::Descriptor file(openat(fd_.get(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, kMode));
  if (!file) {
    fail_with_errno(path_, "create", errno);
  }
  // The mode of open(2) went through the umask.
  if (fchmod(file.get(), kMode) != 0) {
    fail_with_errno(path_, "fchmod", errno);
  }
  if (const int error = posix_fallocate(file.get(), 0, sizeof(SharedLayout)); error != 0) {
    fail_with_errno(path_, "reserve its space", error);
  }
  unmap_memory(make_layout(map_memory(path_, file.get(), MAP_SHARED)));
  // For a runtime directory on a disk: the name must not survive a power cut without the bytes.
  if (fsync(file.get()) != 0) {
    fail_with_errno(path_, "fsync", errno);
  }
  const std::string nameless = "/proc/self/fd/" + std::to_string(file.get());
  if (linkat(AT_FDCWD, nameless.c_str(), fd_.get(), segment_file_name().c_str(),
             AT_SYMLINK_FOLLOW) == 0) {
    return true;
  }
  if (errno != EEXIST) {
    fail_with_errno(path_, "link", errno);
  }
  return false;
}

}  // namespace

std::string segment_file_name() { return "shared-v" + std::to_string(kLayoutVersion); }

Segment Segment::open_or_create(const std::string& runtime_dir) {
  const Directory directory(runtime_dir);
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    if (SharedLayout* layout = directory.attach(); layout != nullptr) {
      return {layout, false};
    }
    // Whoever made it, it is attached like any other file: one path, one set of checks.
    static_cast<void>(directory.create());
  }
  fail(directory.file_path(), "is removed as fast as it is made");
}

Segment Segment::open_existing(const std::string& runtime_dir) {
  const Directory directory(runtime_dir);
  SharedLayout* layout = directory.attach();
  if (layout == nullptr) {
    fail(directory.file_path(), "does not exist: no worker has started yet");
  }
  return {layout, false};
}

Segment Segment::make_private() {
  return {make_layout(map_memory("(private)", -1, MAP_SHARED | MAP_ANONYMOUS)), true};
}

Segment::Segment(Segment&& other) noexcept
    : layout_(std::exchange(other.layout_, nullptr)), is_private_(other.is_private_) {}

Segment& Segment::operator=(Segment&& other) noexcept {
  std::swap(layout_, other.layout_);
  std::swap(is_private_, other.is_private_);
  return *this;
}

Segment::~Segment() {
  if (layout_ != nullptr) {
    unmap_memory(layout_);
  }
}

}  // namespace latchkey::shm
