// SPDX-License-Identifier: Apache-2.0
#pragma once

// Builds a worker's objects by hand, from the bottom room to the top one, and owns them.
//
// Members are in the order of construction; destruction runs backwards. Nothing here is global:
// whoever needs an object gets a reference to it.
//
// Runs in workers, after fork: keys hold contexts of OpenSSL, the database a connection.

#include <cstddef>
#include <memory>

#include "config/settings.h"
#include "http/request.h"
#include "http/response.h"
#include "shm/layout.h"
#include "shm/metrics.h"

namespace latchkey::cli {

class Service {
 public:
  // `settings` is not used after the constructor; `shared` and `metrics` outlive the service.
  // `pool` is the place of the worker's pool in the layout.
  Service(const config::Settings& settings, shm::SharedLayout& shared, shm::Metrics& metrics,
          std::size_t pool);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();

  http::Response answer(http::Request& request);
  // What is better done when the client has its answer.
  void after_answer();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace latchkey::cli
