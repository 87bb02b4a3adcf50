// SPDX-License-Identifier: Apache-2.0
#include "http/pipeline.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "http/access_log.h"
#include "http/problem.h"

namespace latchkey::http {
namespace {

using base::Error;
using base::ErrorCode;

bool is_request_id(std::string_view text) {
  return text.size() >= 8 && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](char byte) {
           return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                  (byte >= 'a' && byte <= 'z') || byte == '-';
         });
}

bool is_lower_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_lower_hex_other_than_zero(std::string_view text) {
  return is_lower_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

// W3C Trace Context, section 3.2, version 00: version, trace id, parent id, flags.
bool is_traceparent(std::string_view text) {
  return text.size() == 55 && text.starts_with("00-") && text[35] == '-' && text[52] == '-' &&
         is_lower_hex_other_than_zero(text.substr(3, 32)) &&
         is_lower_hex_other_than_zero(text.substr(36, 16)) && is_lower_hex(text.substr(53));
}

void check_limits(const Request& request) {
  if (request.path.size() > kMaxPathBytes || request.query.size() > kMaxQueryBytes) {
    throw Error(ErrorCode::kUriTooLong);
  }
  if (request.authorization.size() > kMaxAuthorizationBytes) {
    throw Error(ErrorCode::kHeadersTooLarge);
  }
  if (request.content_length > kMaxBodyBytes) throw Error(ErrorCode::kPayloadTooLarge);
}

// A time that cannot be is none: the clock was set meanwhile, or nginx is on another machine.
std::int64_t queue_time_ns(const Request& request, std::int64_t now_ms) {
  constexpr std::int64_t kLongestMs = std::int64_t{60} * 60 * 1000;  // of any WORKER_TIMEOUT
  const std::int64_t queued_ms = now_ms - request.handed_over_ms.value_or(now_ms);
  return queued_ms < 0 || queued_ms > kLongestMs ? 0 : queued_ms * 1'000'000;
}

}  // namespace

struct Pipeline::Outcome {
  Response response;
  const Route* route = nullptr;
  std::optional<Error> error;
};

Pipeline::Pipeline(PipelineParts parts, const base::Clock& clock, base::Random& random,
                   base::CostMeter& meter)
    : parts_(std::move(parts)), clock_(clock), random_(random), meter_(meter) {}

Response Pipeline::answer(Request& request) {
  const std::int64_t started_ns = clock_.monotonic_ns();
  meter_.begin(queue_time_ns(request, clock_.wall_ms()));
  sanitize_context(request);
  const base::LogScope scope(request.request_id, request.traceparent);

  Exchange exchange{.request = request, .waited_ms = meter_.queued_ns() / 1'000'000};
  Outcome outcome = run(exchange);
  tell(exchange, outcome, started_ns);
  return std::move(outcome.response);
}

// nginx has made or checked it; a worker behind anything else does not take what it gets on trust.
void Pipeline::sanitize_context(Request& request) {
  if (!is_request_id(request.request_id)) request.request_id = base::Uuid::random(random_).text();
  if (!is_traceparent(request.traceparent)) request.traceparent.clear();
}

Pipeline::Outcome Pipeline::run(Exchange& exchange) {
  Outcome outcome;
  try {
    outcome.response = dispatch(exchange, outcome);
  } catch (const Error& error) {
    outcome.error = error;
  } catch (const std::exception& exception) {
    outcome.error = Error(ErrorCode::kInternalError).because(exception.what());
  }
  if (outcome.error) {
    Response problem =
        render_problem(*outcome.error, exchange.request.request_id, clock_.wall_ms());
    // What the dispatch had already settled, such as Allow.
    for (const auto& [name, value] : outcome.response.headers) problem.add_header(name, value);
    outcome.response = std::move(problem);
  }
  if (!Cors::is_preflight(exchange.request)) {
    parts_.cors.add_headers(exchange.request, outcome.response);
  }
  return outcome;
}

Response Pipeline::dispatch(Exchange& exchange, Outcome& outcome) {
  const Request& request = exchange.request;
  check_limits(request);
  if (request.method == "OPTIONS") return answer_options(exchange);

  const Match match = parts_.router.find(request.effective_method(), request.path);
  if (match.route == nullptr) {
    if (match.allow.empty()) throw Error(ErrorCode::kNotFound);
    outcome.response.add_header("Allow", match.allow);
    throw Error(ErrorCode::kMethodNotAllowed);
  }
  outcome.route = match.route;
  exchange.path_parameter = match.path_parameter;
  exchange.body = match.route->body;
  if (match.route->guard == Guard::kBearer) parts_.bearer_guard(exchange);
  return match.route->handler(parts_.handler_context, exchange);
}

Response Pipeline::answer_options(const Exchange& exchange) const {
  const std::string methods = parts_.router.methods_of(exchange.request.path);
  if (methods.empty()) throw Error(ErrorCode::kNotFound);
  Response response = Response::no_content();
  response.add_header("Allow", methods);
  if (Cors::is_preflight(exchange.request)) {
    parts_.cors.add_preflight_headers(exchange.request, methods, response);
  }
  return response;
}

void Pipeline::tell(const Exchange& exchange, const Outcome& outcome, std::int64_t started_ns) {
  const Observation observation{
      .route = outcome.route,
      .status = outcome.response.status,
      .error = outcome.error ? &*outcome.error : nullptr,
      .duration_ns = clock_.monotonic_ns() - started_ns,
      .costs = meter_.take(),
  };
  write_access_line(exchange, observation);
  if (parts_.observe) parts_.observe(observation);
}

}  // namespace latchkey::http
