// SPDX-License-Identifier: Apache-2.0
#include "crypto/blocklist.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/secret.h"
#include "crypto/sha256.h"

namespace latchkey::crypto {
namespace {

constexpr std::size_t kWindowEntries = 256;

std::string describe(int error) { return std::generic_category().message(error); }

// How many bytes it got; fewer than asked for at the end of the file.
std::size_t read_at(int fd, char* to, std::size_t bytes, std::uint64_t at) {
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t got = pread(fd, to + done, bytes - done, static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), "cannot be read");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

// Where a number between two others would stand among so many evenly spread ones.
std::uint64_t share(std::uint64_t number, std::uint64_t from, std::uint64_t to,
                    std::uint64_t count) {
  const double part = static_cast<double>(number - from) / (static_cast<double>(to - from) + 1.0);
  return std::min(static_cast<std::uint64_t>(part * static_cast<double>(count)), count - 1);
}

}  // namespace

std::uint64_t blocklist_entry(std::string_view password) {
  std::string text(password);
  for (char& byte : text) byte = base::to_lower(byte);
  const base::Secret lower(std::move(text));
  return from_blocklist_order(Sha256(lower.reveal()).bytes().data());
}

std::array<char, 8> in_blocklist_order(std::uint64_t number) {
  std::array<char, 8> bytes{};
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, number >>= 8U)
    *byte = static_cast<char>(number & 0xFFU);
  return bytes;
}

std::uint64_t from_blocklist_order(const char* bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < kBlocklistEntryBytes; ++i)
    number = (number << 8U) | static_cast<unsigned char>(bytes[i]);
  return number;
}

class Blocklist::Window {
 public:
  // `first` + `count` entries are in the list.
  void read(int fd, std::uint64_t first, std::size_t count) {
    first_ = first;
    count_ = count;
    const std::size_t bytes = count * kBlocklistEntryBytes;
    if (read_at(fd, bytes_.data(), bytes, kBlocklistHeaderBytes + first * kBlocklistEntryBytes) !=
        bytes) {
      throw std::runtime_error("became shorter while it was open");
    }
  }

  [[nodiscard]] std::uint64_t first() const { return first_; }
  [[nodiscard]] std::uint64_t end() const { return first_ + count_; }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::uint64_t entry(std::size_t i) const {
    return from_blocklist_order(bytes_.data() + i * kBlocklistEntryBytes);
  }
  [[nodiscard]] bool has(std::uint64_t number) const {
    std::size_t low = 0;
    std::size_t high = count_;
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (entry(middle) < number) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < count_ && entry(low) == number;
  }

 private:
  std::array<char, kWindowEntries * kBlocklistEntryBytes> bytes_;
  std::uint64_t first_ = 0;
  std::size_t count_ = 0;
};

Blocklist::Blocklist(const std::string& path)
    // Without O_NONBLOCK, opening a FIFO would wait for a writer.
    : file_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (!file_) throw BlocklistFault("cannot be opened: " + describe(errno));
  struct stat status {};
  if (fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode))
    throw BlocklistFault("is not a regular file");
  std::array<char, kBlocklistHeaderBytes> header{};
  std::size_t got = 0;
  try {
    got = read_at(file_.get(), header.data(), header.size(), 0);
  } catch (const std::system_error& error) {
    throw BlocklistFault(error.what());
  }
  if (got != header.size() ||
      !std::string_view(header.data(), header.size()).starts_with(kBlocklistMagic)) {
    throw BlocklistFault(
        "is no blocklist of this version; \"latchkey blocklist build\" makes one of a list of "
        "passwords");
  }
  size_ = from_blocklist_order(header.data() + kBlocklistMagic.size());
  if (size_ > kMaxBlocklistEntries || static_cast<std::uint64_t>(status.st_size) !=
                                          kBlocklistHeaderBytes + size_ * kBlocklistEntryBytes) {
    throw BlocklistFault("is cut short or damaged: its size is not that of its entries");
  }
}

bool Blocklist::contains(std::string_view password) const try {
  const std::uint64_t wanted = blocklist_entry(password);
  // The entry, if it is there, stands in [low, high), and is at least `least` and at most `most`.
  std::uint64_t low = 0;
  std::uint64_t high = size_;
  std::uint64_t least = 0;
  std::uint64_t most = UINT64_MAX;
  Window window;
  for (bool is_guess = true; low < high && wanted >= least && wanted <= most;
       is_guess = !is_guess) {
    // Every other time in the middle: that ends, whatever is in the file.
    const std::uint64_t at =
        low + (is_guess ? share(wanted, least, most, high - low) : (high - low) / 2);
    const std::uint64_t begin = std::max(low, at - std::min<std::uint64_t>(at, kWindowEntries / 2));
    window.read(file_.get(), begin,
                static_cast<std::size_t>(std::min<std::uint64_t>(kWindowEntries, high - begin)));
    if (wanted < window.entry(0)) {
      high = window.first();
      most = window.entry(0);
    } else if (wanted > window.entry(window.count() - 1)) {
      low = window.end();
      least = window.entry(window.count() - 1);
    } else {
      return window.has(wanted);
    }
  }
  return false;
} catch (const base::Error&) {
  throw;
} catch (const std::exception& failure) {
  throw base::Error(base::ErrorCode::kInternalError)
      .because(std::string("the blocklist ") + failure.what());
}

void Blocklist::check_order() const {
  Window window;
  std::optional<std::uint64_t> before;
  for (std::uint64_t at = 0; at < size_; at = window.end()) {
    window.read(file_.get(), at,
                static_cast<std::size_t>(std::min<std::uint64_t>(kWindowEntries, size_ - at)));
    for (std::size_t i = 0; i < window.count(); ++i) {
      const std::uint64_t entry = window.entry(i);
      if (before && entry <= *before)
        throw BlocklistFault("is damaged: its entries are in no order");
      before = entry;
    }
  }
}

}  // namespace latchkey::crypto
