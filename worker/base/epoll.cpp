// SPDX-License-Identifier: Apache-2.0
#include "base/epoll.h"

#include <cerrno>
#include <system_error>

namespace latchkey::base {

Epoll::Epoll() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

bool Epoll::add(int fd) { return add(fd, EPOLLIN); }

bool Epoll::add_for_one(int fd) { return add(fd, EPOLLIN | EPOLLEXCLUSIVE); }

bool Epoll::add(int fd, unsigned events) {
  epoll_event event{.events = events, .data = {.fd = fd}};
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Epoll::to_the_back(int fd) {
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr) != 0) return;  // not watched
  if (!add_for_one(fd)) throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

std::span<Epoll::Ready> Epoll::wait(int timeout_ms) {
  const int found =
      epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
  if (found < 0 && errno != EINTR)
    throw std::system_error(errno, std::generic_category(), "epoll_wait");
  const std::size_t count = found < 0 ? 0 : static_cast<std::size_t>(found);
  for (std::size_t i = 0; i < count; ++i) {
    const bool has_ended = (events_[i].events & (EPOLLHUP | EPOLLERR)) != 0;
    ready_[i] = {.fd = events_[i].data.fd, .has_ended = has_ended};
  }
  return std::span(ready_).first(count);
}

}  // namespace latchkey::base
