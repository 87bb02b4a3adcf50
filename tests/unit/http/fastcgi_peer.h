// SPDX-License-Identifier: Apache-2.0
#pragma once

// The other side of the FastCGI adapter: a listening socket as a worker inherits it, and a peer
// that writes records by hand (FastCGI specification 1.0, section 3.3) and reads the answer.

#include <array>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/descriptor.h"

namespace latchkey::http {

inline sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

// A socket in a folder of its own that does not block, as workers have it.
class ListeningSocket {
 public:
  ListeningSocket() {
    std::string folder = "/tmp/latchkey-fastcgi-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder_ = folder;
    const sockaddr_un address = address_of(path());
    if (bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        listen(socket_.get(), 8) != 0) {
      throw std::runtime_error("the socket cannot listen");
    }
  }
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;
  ~ListeningSocket() {
    unlink(path().c_str());
    rmdir(folder_.c_str());
  }

  [[nodiscard]] int get() const { return socket_.get(); }
  [[nodiscard]] std::string path() const { return folder_ + "/s"; }

 private:
  base::Descriptor socket_{socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  std::string folder_;
};

enum RecordType : unsigned char {
  kBeginRequest = 1,
  kEndRequest = 3,
  kParams = 4,
  kStdin = 5,
  kStdout = 6,
};

inline std::string record(RecordType type, std::string_view content) {
  const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xFFU); };
  std::string out{
      1, static_cast<char>(type), 0, 1, byte(content.size() >> 8U), byte(content.size()), 0, 0};
  return out.append(content);
}

inline std::string begin_request(bool keeps_connection = false) {
  std::string body("\0\1\0\0\0\0\0\0", 8);  // the role of a responder
  if (keeps_connection) body[2] = 1;
  return record(kBeginRequest, body);
}

using Parameters = std::vector<std::pair<std::string, std::string>>;

inline std::string encoded(const Parameters& parameters) {
  const auto append_length = [](std::string& out, std::size_t length) {
    if (length < 128) {
      out += static_cast<char>(length);
      return;
    }
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
      const std::size_t flag = shift == 24U ? 0x80U : 0U;
      out += static_cast<char>(((length >> shift) & 0xFFU) | flag);
    }
  };
  std::string out;
  for (const auto& [name, value] : parameters) {
    append_length(out, name.size());
    append_length(out, value.size());
    out += name + value;
  }
  return out;
}

// Everything before the body.
inline std::string head_of(const Parameters& parameters, bool keeps_connection = false) {
  return begin_request(keeps_connection) + record(kParams, encoded(parameters)) +
         record(kParams, "");
}

class Peer {
 public:
  explicit Peer(const ListeningSocket& server) {
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    const sockaddr_un address = address_of(server.path());
    if (connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::runtime_error("connect");
    }
  }

  void write(std::string_view bytes) const {
    if (::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(bytes.size())) {
      throw std::runtime_error("send");
    }
  }
  // All that the peer has to say: libfcgi, when it closes, waits for the peer to close too, or for
  // two seconds.
  void write_all(std::string_view bytes) const {
    write(bytes);
    shutdown(socket_.get(), SHUT_WR);
  }
  void leave() { socket_.reset(); }

  // The answer to one request, on a connection that stays open.
  [[nodiscard]] std::string read_kept_answer() const {
    std::string bytes;
    bool is_ended = false;
    while (!is_ended) {
      std::array<char, 4096> buffer{};
      const ssize_t got = ::read(socket_.get(), buffer.data(), buffer.size());
      if (got <= 0) return "the connection ended";
      bytes.append(buffer.data(), static_cast<std::size_t>(got));
      take_output(bytes, is_ended);
    }
    return take_output(bytes, is_ended);
  }

  // What was sent as standard output; sets `is_ended` if the request was ended properly.
  [[nodiscard]] std::string read_answer(bool& is_ended) const {
    std::string bytes;
    std::array<char, 4096> buffer{};
    while (true) {
      const ssize_t got = ::read(socket_.get(), buffer.data(), buffer.size());
      if (got <= 0) break;
      bytes.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return take_output(bytes, is_ended);
  }

 private:
  static std::string take_output(std::string_view bytes, bool& is_ended) {
    std::string output;
    is_ended = false;
    while (bytes.size() >= 8) {
      const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
      const std::size_t length = std::size_t{at(4)} * 256 + at(5);
      const std::size_t padding = at(6);
      if (at(1) == kStdout) output += bytes.substr(8, length);
      if (at(1) == kEndRequest) is_ended = true;
      bytes.remove_prefix(8 + length + padding);
    }
    return output;
  }

  base::Descriptor socket_{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

}  // namespace latchkey::http
