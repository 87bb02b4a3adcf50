// SPDX-License-Identifier: Apache-2.0
// Connections that are kept between requests.
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http/fastcgi.h"
#include "http/fastcgi_fixture.h"

namespace latchkey::http {
namespace {

using FastCgiKeptTest = FastCgiTest;

std::string kept_get(const std::string& path) {
  return head_of({{"REQUEST_METHOD", "GET"}, {"DOCUMENT_URI", path}}, true) + record(kStdin, "");
}

TEST_F(FastCgiKeptTest, KeepsAConnectionThatIsToBeKept) {
  const Peer peer(listening_);
  peer.write(kept_get("/first"));
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(peer.read_kept_answer(), serialize(response_, false));
  for (const char* const path : {"/second", "/third"}) {
    ASSERT_EQ(fastcgi_.kept_count(), 1U);
    peer.write(kept_get(path));
    EXPECT_EQ(serve_kept(), Served::kAnswered);
    EXPECT_EQ(request_.path, path);
    EXPECT_EQ(peer.read_kept_answer(), serialize(response_, false));
  }
  EXPECT_EQ(serve(), Served::kNothing);
}

TEST_F(FastCgiKeptTest, EachRequestSaysWhetherItsConnectionIsKept) {
  const Peer peer(listening_);
  peer.write(kept_get("/first"));
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(peer.read_kept_answer(), serialize(response_, false));
  peer.write_all(head_of({{"REQUEST_METHOD", "GET"}}) + record(kStdin, ""));
  EXPECT_EQ(serve_kept(), Served::kAnswered);
  EXPECT_EQ(fastcgi_.kept_count(), 0U);
  bool is_ended = false;
  EXPECT_EQ(peer.read_answer(is_ended), serialize(response_, false));
}

// nginx asks for it all the same, and closes the connection of a write itself.
TEST_F(FastCgiKeptTest, OnlyTheConnectionsOfReadsAreKept) {
  for (const char* const method : {"POST", "PUT", "PATCH", "DELETE", "BREW"}) {
    SCOPED_TRACE(method);
    const Peer peer(listening_);
    peer.write(head_of({{"REQUEST_METHOD", method}, {"CONTENT_LENGTH", "4"}}, true) +
               record(kStdin, "body") + record(kStdin, ""));
    EXPECT_EQ(serve(), Served::kAnswered);
    EXPECT_EQ(fastcgi_.kept_count(), 0U);
    bool is_ended = false;
    EXPECT_EQ(peer.read_answer(is_ended), serialize(response_, false));
    EXPECT_TRUE(is_ended);
  }
  for (const char* const method : {"HEAD", "OPTIONS"}) {
    SCOPED_TRACE(method);
    const Peer peer(listening_);
    peer.write(head_of({{"REQUEST_METHOD", method}}, true) + record(kStdin, ""));
    const std::size_t before = fastcgi_.kept_count();
    EXPECT_EQ(serve(), Served::kAnswered);
    EXPECT_EQ(fastcgi_.kept_count(), before + 1);
  }
}

// But not that of a write that it would send again, as it says.
TEST_F(FastCgiKeptTest, TheConnectionOfAWriteThatMayComeAgainIsKept) {
  const Peer peer(listening_);
  const auto post = [&](const char* repeatable) {
    peer.write(
        head_of({{"REQUEST_METHOD", "POST"}, {"CONTENT_LENGTH", "4"}, {"REPEATABLE", repeatable}},
                true) +
        record(kStdin, "body") + record(kStdin, ""));
  };
  post("1");
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(peer.read_kept_answer(), serialize(response_, false));
  ASSERT_EQ(fastcgi_.kept_count(), 1U);
  post("0");
  EXPECT_EQ(serve_kept(), Served::kAnswered);
  EXPECT_EQ(body_, "body");
  EXPECT_EQ(fastcgi_.kept_count(), 0U);
}

TEST_F(FastCgiKeptTest, NothingOfARequestIsLeftForTheNext) {
  const Peer peer(listening_);
  // More than libfcgi reads at once, so that the end of the request is still in the socket.
  for (const std::size_t length : {7'900U, 8'000U, 8'100U, 8'192U, 9'000U, 16'000U}) {
    peer.write(head_of({{"REQUEST_METHOD", "GET"},
                        {"CONTENT_LENGTH", "4"},
                        {"HTTP_AUTHORIZATION", std::string(length, 'a')}},
                       true) +
               record(kStdin, "body") + record(kStdin, ""));
    EXPECT_EQ(fastcgi_.kept_count() == 0 ? serve() : serve_kept(), Served::kAnswered) << length;
    EXPECT_EQ(body_, "body");
    EXPECT_EQ(request_.authorization.size(), length);
    EXPECT_EQ(peer.read_kept_answer(), serialize(response_, false));
    ASSERT_EQ(fastcgi_.kept_count(), 1U);
  }
}

TEST_F(FastCgiKeptTest, AConnectionWithABodyThatWasNotReadIsNotKept) {
  const Peer peer(listening_);
  peer.write_all(head_of({{"REQUEST_METHOD", "GET"}, {"CONTENT_LENGTH", "3"}}, true) +
                 record(kStdin, "abcdef") + record(kStdin, ""));
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(fastcgi_.kept_count(), 0U);
  bool is_ended = false;
  EXPECT_EQ(peer.read_answer(is_ended), serialize(response_, false));
  EXPECT_TRUE(is_ended);
}

TEST_F(FastCgiKeptTest, AKeptConnectionThatEndsIsForgotten) {
  Peer peer(listening_);
  peer.write(kept_get("/first"));
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(peer.read_kept_answer(), serialize(response_, false));
  peer.leave();
  EXPECT_EQ(serve_kept(), Served::kNothing);
  EXPECT_EQ(fastcgi_.kept_count(), 0U);

  // Also one that ends in the middle of a request, and with a request that nobody waits for.
  for (const std::string& last_words : {begin_request(true), kept_get("/abandoned")}) {
    Peer next(listening_);
    next.write(kept_get("/first"));
    EXPECT_EQ(serve(), Served::kAnswered);
    next.write(last_words);
    next.leave();
    EXPECT_EQ(serve_kept(), Served::kNothing);
    EXPECT_EQ(fastcgi_.kept_count(), 0U);
  }
  EXPECT_EQ(answered_, 3);
}

TEST_F(FastCgiKeptTest, LetsGoOfThoseThatWouldWait) {
  const Peer waiting(listening_);
  waiting.write(kept_get("/first"));
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(waiting.read_kept_answer(), serialize(response_, false));
  waiting.write(kept_get("/second"));
  ASSERT_EQ(epoll_.wait(1000).size(), 1U);
  const base::Epoll::Ready found = epoll_.wait(1000).front();

  const Peer busy(listening_);
  busy.write(kept_get("/long"));
  const auto takes_long = [this](Request& /*request*/) {
    fastcgi_.let_go_of_kept();
    return response_;
  };
  EXPECT_EQ(fastcgi_.serve_one(takes_long), Served::kAnswered);
  EXPECT_EQ(waiting.read_kept_answer(), "the connection ended");
  // Also where it was found before: its request is another worker's now.
  EXPECT_EQ(fastcgi_.serve_kept(found, answer_), Served::kNothing);
  EXPECT_EQ(fastcgi_.kept_count(), 1U);
  EXPECT_EQ(busy.read_kept_answer(), serialize(response_, false));
  busy.write(kept_get("/next"));
  EXPECT_EQ(serve_kept(), Served::kAnswered);
  EXPECT_EQ(request_.path, "/next");
}

TEST_F(FastCgiKeptTest, AKeptConnectionThatIsNoneIsNothing) {
  EXPECT_EQ(fastcgi_.serve_kept({.fd = listening_.get()}, answer_), Served::kNothing);
}

TEST_F(FastCgiKeptTest, WhoeverKeepsAConnectionStillWatchesForTheNext) {
  ASSERT_TRUE(epoll_.add_for_one(listening_.get()));
  const Peer peer(listening_);
  peer.write(kept_get("/first"));
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(fastcgi_.kept_count(), 1U);
  EXPECT_EQ(epoll_.wait(0).size(), 0U);
  const Peer next(listening_);
  EXPECT_EQ(epoll_.wait(0).size(), 1U);
}

TEST_F(FastCgiKeptTest, EachIsServedAgain) {
  const Peer first(listening_);
  first.write(kept_get("/1"));
  EXPECT_EQ(serve(), Served::kAnswered);
  const Peer second(listening_);
  second.write(kept_get("/2"));
  EXPECT_EQ(serve(), Served::kAnswered);
  first.write(kept_get("/3"));
  EXPECT_EQ(serve_kept(), Served::kAnswered);
  EXPECT_EQ(request_.path, "/3");
  second.write(kept_get("/4"));
  EXPECT_EQ(serve_kept(), Served::kAnswered);
  EXPECT_EQ(request_.path, "/4");
}

TEST_F(FastCgiKeptTest, KeepsNoMoreConnectionsThanItMay) {
  std::vector<Peer> peers;
  for (std::size_t i = 0; i < kMaxKeptConnections; ++i) {
    peers.emplace_back(listening_).write(kept_get("/"));
    ASSERT_EQ(serve(), Served::kAnswered);
  }
  EXPECT_EQ(fastcgi_.kept_count(), kMaxKeptConnections);
  const Peer one_more(listening_);
  one_more.write_all(kept_get("/"));
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(fastcgi_.kept_count(), kMaxKeptConnections);
  bool is_ended = false;
  EXPECT_EQ(one_more.read_answer(is_ended), serialize(response_, false));
}

}  // namespace
}  // namespace latchkey::http
