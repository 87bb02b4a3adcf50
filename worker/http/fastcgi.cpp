// SPDX-License-Identifier: Apache-2.0
#include "http/fastcgi.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

#include <fcgiapp.h>

namespace latchkey::http {
namespace {

std::size_t content_length(std::string_view text) {
  if (text.empty()) return 0;
  std::size_t length = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool is_whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  // What is no length is longer than any limit: the pipeline refuses it.
  return is_whole ? length : std::numeric_limits<std::size_t>::max();
}

// nginx' $msec: seconds, a dot, three digits.
std::optional<std::int64_t> handed_over_ms(std::string_view text) {
  const std::size_t dot = text.size() < 5 ? std::string_view::npos : text.size() - 4;
  if (dot == std::string_view::npos || text[dot] != '.') return std::nullopt;
  std::string digits(text);
  digits.erase(dot, 1);
  std::int64_t time_ms = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), time_ms);
  const bool is_whole = parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
  return is_whole && time_ms > 0 ? std::optional(time_ms) : std::nullopt;
}

struct TextParameter {
  std::string_view name;
  std::string Request::*field;
};

constexpr std::array kTextParameters{
    TextParameter{"REQUEST_METHOD", &Request::method},
    TextParameter{"DOCUMENT_URI", &Request::path},
    TextParameter{"QUERY_STRING", &Request::query},
    TextParameter{"CONTENT_TYPE", &Request::content_type},
    TextParameter{"REMOTE_ADDR", &Request::client_ip},
    TextParameter{"REQUEST_ID", &Request::request_id},
    TextParameter{"HTTP_TRACEPARENT", &Request::traceparent},
    TextParameter{"HTTP_AUTHORIZATION", &Request::authorization},
    TextParameter{"HTTP_ORIGIN", &Request::origin},
    TextParameter{"HTTP_USER_AGENT", &Request::user_agent},
    TextParameter{"HTTP_IF_NONE_MATCH", &Request::if_none_match},
    TextParameter{"HTTP_ACCESS_CONTROL_REQUEST_METHOD", &Request::preflight_method},
};

void read_parameter(std::string_view name, std::string_view value, Request& request) {
  const auto* const known = std::ranges::find(kTextParameters, name, &TextParameter::name);
  if (known != kTextParameters.end()) {
    request.*known->field = value;
  } else if (name == "CONTENT_LENGTH") {
    request.content_length = content_length(value);
  } else if (name == "HANDED_OVER_AT") {
    request.handed_over_ms = handed_over_ms(value);
  } else if (name == "REPEATABLE") {
    request.may_come_again = value == "1";
  }
}

// In one pass: FCGX_GetParam begins from the start for each name.
Request read_parameters(const FCGX_Request& fcgi) {
  Request request;
  for (char* const* entry = fcgi.envp; *entry != nullptr; ++entry) {
    const std::string_view parameter(*entry);
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    read_parameter(parameter.substr(0, equals),
                   parameter.substr(std::min(equals + 1, parameter.size())), request);
  }
  return request;
}

// Whether the whole body came. One past the limit is not read: the pipeline refuses it unread.
bool read_body(FCGX_Request& fcgi, Request& request) {
  if (request.content_length == 0 || request.content_length > kMaxBodyBytes) return true;
  std::string body(request.content_length, '\0');
  const int length = static_cast<int>(body.size());
  const bool is_whole = FCGX_GetStr(body.data(), length, fcgi.in) == length;
  request.body = base::Secret(std::move(body));
  return is_whole;
}

Served accept_failure() {
  const bool is_ours = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
  return is_ours ? Served::kFailed : Served::kNothing;
}

// libfcgi accepts nothing by itself: where its connection ends, its own accept fails at once.
constexpr int kNoListeningSocket = -1;

}  // namespace

class FastCgi::Connection {
 public:
  Connection() {
    if (FCGX_InitRequest(&fcgi_, kNoListeningSocket, 0) != 0)
      throw std::runtime_error("libfcgi could not be initialised");
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  // Not by FCGX_Free: it would wait for nginx to close its end.
  ~Connection() {
    FCGX_Free(&fcgi_, 0);
    close_now();
  }

  void open(int socket) {
    fcgi_.ipcFd = socket;
    is_let_go_ = false;
  }

  void close_now() {
    if (is_open()) close(fcgi_.ipcFd);
    fcgi_.ipcFd = -1;
  }

  [[nodiscard]] bool is_open() const { return fcgi_.ipcFd >= 0; }
  [[nodiscard]] int socket() const { return fcgi_.ipcFd; }

  // Whether there is a request. libfcgi first finishes the one before, and would close the
  // connection with it unless that one was to be kept; the wish of the new one, which nginx states
  // in its first record, replaces this one.
  [[nodiscard]] bool accept() {
    fcgi_.keepConnection = 1;
    return FCGX_Accept_r(&fcgi_) == 0;
  }

  void do_not_keep() { fcgi_.keepConnection = 0; }

  void let_go() {
    is_let_go_ = true;
    shutdown(fcgi_.ipcFd, SHUT_RDWR);
  }
  [[nodiscard]] bool is_let_go() const { return is_let_go_; }

  [[nodiscard]] FCGX_Request& fcgi() { return fcgi_; }

 private:
  FCGX_Request fcgi_{};
  bool is_let_go_ = false;
};

FastCgi::FastCgi(int listening_socket, base::Epoll& epoll, std::int64_t receive_timeout_ms)
    : listening_socket_(listening_socket), epoll_(epoll), receive_timeout_ms_(receive_timeout_ms) {
  if (FCGX_Init() != 0) throw std::runtime_error("libfcgi could not be initialised");
  spare_ = std::make_unique<Connection>();
}

FastCgi::~FastCgi() = default;

Served FastCgi::serve_one(const Answer& answer) {
  const int socket = accept4(listening_socket_, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket < 0) return accept_failure();
  const timeval receive_timeout{.tv_sec = receive_timeout_ms_ / 1000,
                                .tv_usec = receive_timeout_ms_ % 1000 * 1000};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &receive_timeout, sizeof(receive_timeout));
  auto connection = spare_ ? std::move(spare_) : std::make_unique<Connection>();
  connection->open(socket);
  const Served served = serve(*connection, answer);
  if (connection->is_open()) {
    keep(std::move(connection));
  } else {
    spare_ = std::move(connection);
  }
  return served;
}

// The next wait finds them ended; those that this one has found know it by themselves.
void FastCgi::let_go_of_kept() const {
  for (const auto& [socket, connection] : kept_) {
    if (socket != in_hand_) connection->let_go();
  }
}

Served FastCgi::serve_kept(const base::Epoll::Ready& ready, const Answer& answer) {
  const auto place = kept_.find(ready.fd);
  if (place == kept_.end()) return Served::kNothing;
  Connection& connection = *place->second;
  Served served = Served::kNothing;
  // Whoever has gone waits for no answer, or for that of another worker.
  if (ready.has_ended || connection.is_let_go()) {
    connection.close_now();
  } else {
    served = serve(connection, answer);
  }
  if (!connection.is_open()) {
    spare_ = std::move(place->second);
    kept_.erase(place);
  }
  return served;
}

Served FastCgi::serve(Connection& connection, const Answer& answer) {
  FCGX_Request& fcgi = connection.fcgi();
  if (!connection.accept()) return Served::kDropped;
  in_hand_ = connection.socket();
  Request request = read_parameters(fcgi);
  const bool is_whole = read_body(fcgi, request);
  // What is left of this request would be taken for the start of the next one.
  const bool is_at_its_end = FCGX_GetChar(fcgi.in) == EOF;
  if (!is_whole || !is_at_its_end) connection.do_not_keep();
  if (!kept_.contains(connection.socket()) && kept_.size() >= kMaxKeptConnections)
    connection.do_not_keep();
  const bool is_its_only_one = !request.is_safe() && !request.may_come_again;
  if (is_whole) {
    const Response response = answer(request);
    const std::string bytes = serialize(response, request.method == "HEAD");
    FCGX_PutStr(bytes.data(), static_cast<int>(bytes.size()), fcgi.out);
  }
  FCGX_Finish_r(&fcgi);
  in_hand_ = -1;
  // By ourselves, where nothing of it is unread: libfcgi would wait for nginx to close its end.
  if (is_its_only_one) connection.close_now();
  return is_whole ? Served::kAnswered : Served::kDropped;
}

// The next connection is for another worker, if one sleeps: on kept ones requests wait for each
// other, and no worker can help. But where processors are short more workers are no help either,
// and those that have worked of late, whose caches are warm, are the best: they stay in front.
void FastCgi::keep(std::unique_ptr<Connection> connection) {
  const int socket = connection->socket();
  if (epoll_.add(socket)) {
    kept_.emplace(socket, std::move(connection));
    if (!processor_wait_.is_long()) epoll_.to_the_back(listening_socket_);
  } else {
    connection->close_now();
    spare_ = std::move(connection);
  }
}

}  // namespace latchkey::http
