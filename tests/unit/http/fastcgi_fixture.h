// SPDX-License-Identifier: Apache-2.0
#pragma once

// The FastCGI adapter before a listening socket of the test's own.

#include <span>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "base/epoll.h"
#include "http/fastcgi.h"
#include "http/fastcgi_peer.h"

namespace latchkey::http {

class FastCgiTest : public ::testing::Test {
 protected:
  // What serve_one() makes of what is waiting; the request is kept, the answer is `response_`.
  Served serve() { return fastcgi_.serve_one(answer_); }

  // The next request of the kept connection that was ready first.
  Served serve_kept() {
    const std::span<const base::Epoll::Ready> ready = epoll_.wait(1000);
    return ready.empty() ? Served::kNothing : fastcgi_.serve_kept(ready.front(), answer_);
  }

  ListeningSocket listening_;
  base::Epoll epoll_;
  FastCgi fastcgi_{listening_.get(), epoll_, 5'000};
  Response response_ = Response::json(200, "{}");
  Request request_;
  std::string body_;
  int answered_ = 0;
  const Answer answer_ = [this](Request& request) {
    ++answered_;
    body_ = request.body.reveal();
    request_ = std::move(request);
    request.method = request_.method;
    return response_;
  };
};

}  // namespace latchkey::http
