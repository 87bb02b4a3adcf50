// SPDX-License-Identifier: Apache-2.0
//
// FastCGI: what a peer of the worker's socket may send, as raw records or as parameters that are
// packed into proper ones. The bounds of a Request hold, and the connection is given back each
// time.
//
// libfcgi itself is Debian's and not instrumented; ASan still sees what it gives to memcpy and
// malloc, which is where CVE-2025-23016 lay.
#include "http/fastcgi.h"

#include <array>
#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"

using latchkey::fuzz::claim;
using latchkey::http::FastCgi;
using latchkey::http::Request;
using latchkey::http::Response;

namespace {

constexpr std::int64_t kReceiveTimeoutMs = 50;
constexpr std::size_t kLargestInput = std::size_t{64} * 1024;  // fits into the socket

class Listener {
 public:
  Listener() : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    address_.sun_family = AF_UNIX;
    const std::string name = "latchkey-fuzz-" + std::to_string(getpid());
    std::memcpy(address_.sun_path + 1, name.data(), name.size());  // abstract: leaves no file
    size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    claim(bind(fd_, reinterpret_cast<sockaddr*>(&address_), size_) == 0 && listen(fd_, 4) == 0,
          "there is a socket");
  }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] int connected() const {
    const int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    claim(connect(peer, reinterpret_cast<const sockaddr*>(&address_), size_) == 0, "it connects");
    return peer;
  }

 private:
  int fd_;
  sockaddr_un address_{};
  socklen_t size_ = 0;
};

void append_record(std::string& out, std::uint8_t type, std::string_view content) {
  const std::array<char, 8> header{1,
                                   static_cast<char>(type),
                                   0,
                                   1,
                                   static_cast<char>(content.size() >> 8U),
                                   static_cast<char>(content.size() & 0xFFU),
                                   0,
                                   0};
  out.append(header.data(), header.size());
  out += content;
}

// Lengths of up to 127 take one byte; the long form is left to the raw records.
void append_parameter(std::string& out, std::string_view name, std::string_view value) {
  out += static_cast<char>(name.size());
  out += static_cast<char>(value.size());
  out += name;
  out += value;
}

// Lines of NAME=value, an empty line, the body.
std::string packed(std::string_view text) {
  std::string parameters;
  std::size_t end = text.find("\n\n");
  std::string_view head = text.substr(0, end);
  const std::string_view body =
      end == std::string_view::npos ? std::string_view() : text.substr(end + 2);
  while (!head.empty()) {
    end = std::min(head.find('\n'), head.size());
    const std::string_view line = head.substr(0, end);
    const std::size_t equals = std::min(line.find('='), line.size());
    append_parameter(parameters, line.substr(0, std::min<std::size_t>(equals, 127)),
                     line.substr(std::min(equals + 1, line.size())).substr(0, 127));
    head.remove_prefix(std::min(end + 1, head.size()));
  }
  std::string out;
  append_record(out, 1, std::string_view("\0\1\0\0\0\0\0\0", 8));  // begin, responder
  append_record(out, 4, parameters.substr(0, 65535));
  append_record(out, 4, {});
  append_record(out, 5, body.substr(0, 65535));
  append_record(out, 5, {});
  return out;
}

// A length of four bytes begins with one past 127. Of up to 16 MiB: for a larger one libfcgi asks
// for the memory, and aborts when it gets none (docs/security.md, "Trusted").
std::string bounded(std::string_view raw) {
  std::string bytes(raw);
  for (char& byte : bytes) {
    if (static_cast<unsigned char>(byte) > 0x80) byte = '\x80';
  }
  return bytes;
}

Response answer(Request& request) {
  if (request.content_length > latchkey::http::kMaxBodyBytes) {
    claim(request.body.empty(), "a body past the limit is not read");
  } else {
    claim(request.body.size() == request.content_length, "a body is whole");
  }
  claim(!request.handed_over_ms || *request.handed_over_ms > 0, "a time is one");
  for (const std::string* const text : {&request.method, &request.path, &request.user_agent})
    claim(text->find('\0') == std::string::npos, "a parameter ends at its NUL");
  return Response::json(200, "{}");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Listener listener;
  static latchkey::base::Epoll epoll;
  static FastCgi fastcgi(listener.fd(), epoll, kReceiveTimeoutMs);
  if (size > kLargestInput) return 0;
  std::string_view text = latchkey::fuzz::text_of(data, size);
  const bool is_raw = latchkey::fuzz::take_choice(text, 2) == 0;
  const std::string bytes = is_raw ? bounded(text) : packed(text);

  const int peer = listener.connected();
  claim(write(peer, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
        "the socket takes the input");
  close(peer);  // what was sent can be read all the same; libfcgi would wait for a peer that stays
  const auto served = fastcgi.serve_one(answer);
  claim(served != latchkey::http::Served::kNothing && served != latchkey::http::Served::kFailed,
        "the connection was taken and given back");
  return 0;
}
