// SPDX-License-Identifier: Apache-2.0
#include "http/fastcgi.h"

#include <cerrno>
#include <charconv>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>

#include <fcgiapp.h>

namespace latchkey::http {
namespace {

std::string parameter(const FCGX_Request& request, const char* name) {
  const char* const value = FCGX_GetParam(name, request.envp);
  return value == nullptr ? std::string() : std::string(value);
}

std::size_t content_length(const FCGX_Request& request) {
  const std::string text = parameter(request, "CONTENT_LENGTH");
  if (text.empty()) return 0;
  std::size_t length = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool is_whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  // What is no length is longer than any limit: the pipeline refuses it.
  return is_whole ? length : std::numeric_limits<std::size_t>::max();
}

// nginx' $msec: seconds, a dot, three digits.
std::optional<std::int64_t> handed_over_ms(const FCGX_Request& request) {
  std::string text = parameter(request, "HANDED_OVER_AT");
  const std::size_t dot = text.size() < 5 ? std::string::npos : text.size() - 4;
  if (dot == std::string::npos || text[dot] != '.') return std::nullopt;
  text.erase(dot, 1);
  std::int64_t time_ms = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), time_ms);
  const bool is_whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return is_whole && time_ms > 0 ? std::optional(time_ms) : std::nullopt;
}

Request read_parameters(const FCGX_Request& fcgi) {
  Request request;
  request.method = parameter(fcgi, "REQUEST_METHOD");
  request.path = parameter(fcgi, "DOCUMENT_URI");
  request.query = parameter(fcgi, "QUERY_STRING");
  request.content_type = parameter(fcgi, "CONTENT_TYPE");
  request.client_ip = parameter(fcgi, "REMOTE_ADDR");
  request.request_id = parameter(fcgi, "REQUEST_ID");
  request.traceparent = parameter(fcgi, "HTTP_TRACEPARENT");
  request.authorization = parameter(fcgi, "HTTP_AUTHORIZATION");
  request.origin = parameter(fcgi, "HTTP_ORIGIN");
  request.user_agent = parameter(fcgi, "HTTP_USER_AGENT");
  request.if_none_match = parameter(fcgi, "HTTP_IF_NONE_MATCH");
  request.preflight_method = parameter(fcgi, "HTTP_ACCESS_CONTROL_REQUEST_METHOD");
  request.handed_over_ms = handed_over_ms(fcgi);
  request.content_length = content_length(fcgi);
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

}  // namespace

struct FastCgi::Connection {
  FCGX_Request request{};
};

FastCgi::FastCgi(int listening_socket, std::int64_t receive_timeout_ms)
    : listening_socket_(listening_socket),
      receive_timeout_ms_(receive_timeout_ms),
      connection_(std::make_unique<Connection>()) {
  if (FCGX_Init() != 0 || FCGX_InitRequest(&connection_->request, listening_socket, 0) != 0) {
    throw std::runtime_error("libfcgi could not be initialised");
  }
}

FastCgi::~FastCgi() { FCGX_Free(&connection_->request, 1); }

Served FastCgi::serve_one(const Answer& answer) {
  const int socket = accept4(listening_socket_, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket < 0) return accept_failure();
  const timeval receive_timeout{.tv_sec = receive_timeout_ms_ / 1000,
                                .tv_usec = receive_timeout_ms_ % 1000 * 1000};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &receive_timeout, sizeof(receive_timeout));

  FCGX_Request& fcgi = connection_->request;
  // libfcgi reads from a connection that it finds open, but first finishes the request before,
  // which closes the connection unless that one was to be kept. The request's own wish, which
  // nginx states in its first record, replaces this one.
  fcgi.ipcFd = socket;
  fcgi.keepConnection = 1;
  if (FCGX_Accept_r(&fcgi) != 0) return Served::kDropped;

  Request request = read_parameters(fcgi);
  if (!read_body(fcgi, request)) {
    FCGX_Finish_r(&fcgi);
    return Served::kDropped;
  }
  const Response response = answer(request);
  const std::string bytes = serialize(response, request.method == "HEAD");
  FCGX_PutStr(bytes.data(), static_cast<int>(bytes.size()), fcgi.out);
  FCGX_Finish_r(&fcgi);
  return Served::kAnswered;
}

}  // namespace latchkey::http
