// SPDX-License-Identifier: Apache-2.0
#pragma once

// What happens to every request, from the parameters of nginx to the line in the log.
//
// context → limits → route → guard → handler → error → CORS → access log → metrics: answer(), run()
// and dispatch() in pipeline.cpp, each read into the next, are in that order. Guards and handlers
// come from api/; they throw base::Error for what goes wrong, and here it becomes the problem that
// the client sees and the line that the operator reads. Anything else that is thrown is a bug:
// INTERNAL_ERROR, with its text in the log only.
//
// Runs in workers. Never throws: a request always gets an answer.

#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "base/cost_meter.h"
#include "base/error.h"
#include "base/random.h"
#include "http/cors.h"
#include "http/observation.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"

namespace latchkey::http {

// Lets the exchange pass, having set its identity, or throws.
using BearerGuard = std::function<void(Exchange&)>;

struct PipelineParts {
  Router router;
  Cors cors;
  BearerGuard bearer_guard;
  void* handler_context = nullptr;  // handed to every handler
  Observer observe = {};            // may be empty
};

class Pipeline {
 public:
  // `clock`, `random` and `meter` outlive the pipeline.
  Pipeline(PipelineParts parts, const base::Clock& clock, base::Random& random,
           base::CostMeter& meter);

  Response answer(Request& request);

 private:
  struct Outcome;

  void sanitize_context(Request& request);
  Outcome run(Exchange& exchange);
  Response dispatch(Exchange& exchange, Outcome& outcome);
  Response answer_options(const Exchange& exchange) const;
  void tell(const Exchange& exchange, const Outcome& outcome, std::int64_t started_ns);

  PipelineParts parts_;
  const base::Clock& clock_;
  base::Random& random_;
  base::CostMeter& meter_;
};

}  // namespace latchkey::http
