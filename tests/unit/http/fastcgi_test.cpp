// SPDX-License-Identifier: Apache-2.0
#include "http/fastcgi.h"

#include <fcntl.h>
#include <string>
#include <sys/resource.h>

#include <gtest/gtest.h>

#include "http/fastcgi_fixture.h"

namespace latchkey::http {
namespace {

Parameters post(std::string_view length) {
  return {{"REQUEST_METHOD", "POST"}, {"CONTENT_LENGTH", std::string(length)}};
}

TEST_F(FastCgiTest, WithoutAConnectionThereIsNothingToDo) {
  EXPECT_EQ(serve(), Served::kNothing);
  EXPECT_EQ(answered_, 0);
}

TEST_F(FastCgiTest, ReadsEveryParameterThatItKnows) {
  Peer peer(listening_);
  peer.write_all(head_of({{"REQUEST_METHOD", "POST"},
                          {"DOCUMENT_URI", "/auth/login"},
                          {"QUERY_STRING", "a=b"},
                          {"CONTENT_TYPE", "application/json"},
                          {"CONTENT_LENGTH", "4"},
                          {"REMOTE_ADDR", "2001:db8::1"},
                          {"REQUEST_ID", "request-0001"},
                          {"HANDED_OVER_AT", "1795189978.161"},
                          {"HTTP_TRACEPARENT", "00-trace"},
                          {"HTTP_AUTHORIZATION", "Bearer " + std::string(300, 't')},
                          {"HTTP_ORIGIN", "https://app.example.com"},
                          {"HTTP_USER_AGENT", std::string(600, 'u')},
                          {"HTTP_IF_NONE_MATCH", "\"tag\""},
                          {"HTTP_ACCESS_CONTROL_REQUEST_METHOD", "PUT"},
                          {"HTTP_PROXY", "http://evil.test"}}) +
                 record(kStdin, "body") + record(kStdin, ""));
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(request_.method, "POST");
  EXPECT_EQ(request_.path, "/auth/login");
  EXPECT_EQ(request_.query, "a=b");
  EXPECT_EQ(request_.content_type, "application/json");
  EXPECT_EQ(request_.content_length, 4U);
  EXPECT_EQ(request_.client_ip, "2001:db8::1");
  EXPECT_EQ(request_.request_id, "request-0001");
  EXPECT_EQ(request_.handed_over_ms, 1'795'189'978'161);
  EXPECT_EQ(request_.traceparent, "00-trace");
  EXPECT_EQ(request_.authorization, "Bearer " + std::string(300, 't'));
  EXPECT_EQ(request_.origin, "https://app.example.com");
  EXPECT_EQ(request_.user_agent, std::string(600, 'u'));
  EXPECT_EQ(request_.if_none_match, "\"tag\"");
  EXPECT_EQ(request_.preflight_method, "PUT");
  EXPECT_EQ(body_, "body");
}

TEST_F(FastCgiTest, ATimeThatIsNoneIsNoTime) {
  for (const char* const text :
       {"", ".", "161", ".161", "1795189978", "1795189978,161", "1795189978.16", "17x.161",
        "-1795189978.161", "0.000", "99999999999999999999.000"}) {
    Peer peer(listening_);
    peer.write_all(head_of({{"REQUEST_METHOD", "GET"}, {"HANDED_OVER_AT", text}}) +
                   record(kStdin, ""));
    EXPECT_EQ(serve(), Served::kAnswered);
    EXPECT_EQ(request_.handed_over_ms, std::nullopt) << text;
  }
}

TEST_F(FastCgiTest, AParameterThatIsNotThereIsEmpty) {
  Peer peer(listening_);
  peer.write_all(head_of({{"REQUEST_METHOD", "GET"}}) + record(kStdin, ""));
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(request_.path + request_.authorization + request_.client_ip, "");
  EXPECT_EQ(request_.content_length, 0U);
}

TEST_F(FastCgiTest, WritesTheResponseAndClosesTheConnection) {
  response_ = Response::json(201, "{\"a\":1}").add_header("Cache-Control", "no-store");
  Peer peer(listening_);
  peer.write_all(head_of({{"REQUEST_METHOD", "GET"}}) + record(kStdin, ""));
  EXPECT_EQ(serve(), Served::kAnswered);
  bool is_ended = false;
  EXPECT_EQ(peer.read_answer(is_ended), serialize(response_, false));
  EXPECT_TRUE(is_ended);
}

TEST_F(FastCgiTest, WritesAResponseLargerThanARecord) {
  response_ = Response::json(200, std::string(100'000, 'x'));
  Peer peer(listening_);
  peer.write_all(head_of({{"REQUEST_METHOD", "GET"}}) + record(kStdin, ""));
  EXPECT_EQ(serve(), Served::kAnswered);
  bool is_ended = false;
  EXPECT_EQ(peer.read_answer(is_ended), serialize(response_, false));
}

TEST_F(FastCgiTest, HeadGetsNoBody) {
  Peer peer(listening_);
  peer.write_all(head_of({{"REQUEST_METHOD", "HEAD"}}) + record(kStdin, ""));
  EXPECT_EQ(serve(), Served::kAnswered);
  bool is_ended = false;
  EXPECT_EQ(peer.read_answer(is_ended), serialize(response_, true));
}

TEST_F(FastCgiTest, PutsABodyOfSeveralRecordsTogether) {
  Peer peer(listening_);
  peer.write_all(head_of(post("9")) + record(kStdin, "abc") + record(kStdin, "def") +
                 record(kStdin, "ghi") + record(kStdin, ""));
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(body_, "abcdefghi");
}

TEST_F(FastCgiTest, PutsParametersOfSeveralRecordsTogether) {
  const std::string all = encoded({{"REQUEST_METHOD", "GET"}, {"DOCUMENT_URI", "/health"}});
  Peer peer(listening_);
  peer.write_all(begin_request() + record(kParams, all.substr(0, 5)) +
                 record(kParams, all.substr(5)) + record(kParams, "") + record(kStdin, ""));
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(request_.path, "/health");
}

TEST_F(FastCgiTest, ReadsNoMoreThanTheLengthThatWasAnnounced) {
  Peer peer(listening_);
  peer.write_all(head_of(post("3")) + record(kStdin, "abcdef") + record(kStdin, ""));
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(body_, "abc");
}

// The pipeline answers 413 by the length alone.
TEST_F(FastCgiTest, LeavesABodyPastTheLimitUnread) {
  Peer peer(listening_);
  peer.write_all(head_of(post(std::to_string(kMaxBodyBytes + 1))) +
                 record(kStdin, std::string(1000, 'x')));
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(request_.content_length, kMaxBodyBytes + 1);
  EXPECT_EQ(body_, "");
  bool is_ended = false;
  EXPECT_EQ(peer.read_answer(is_ended), serialize(response_, false));
}

TEST_F(FastCgiTest, ALengthThatIsNoLengthIsPastEveryLimit) {
  for (const std::string_view length : {"-1", "x", "12abc", "99999999999999999999"}) {
    Peer peer(listening_);
    peer.write_all(head_of(post(length)) + record(kStdin, ""));
    EXPECT_EQ(serve(), Served::kAnswered) << length;
    EXPECT_GT(request_.content_length, kMaxBodyBytes) << length;
    EXPECT_EQ(body_, "") << length;
  }
}

TEST_F(FastCgiTest, NoLengthIsNoBody) {
  Peer peer(listening_);
  peer.write_all(head_of(post("")) + record(kStdin, ""));
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(request_.content_length, 0U);
}

TEST_F(FastCgiTest, DropsACutBody) {
  Peer closed(listening_);
  closed.write_all(head_of(post("10")) + record(kStdin, "abc"));
  EXPECT_EQ(serve(), Served::kDropped);

  Peer ended(listening_);
  ended.write_all(head_of(post("10")) + record(kStdin, "abc") + record(kStdin, ""));
  EXPECT_EQ(serve(), Served::kDropped);
  EXPECT_EQ(answered_, 0);
  bool is_ended = false;
  EXPECT_EQ(ended.read_answer(is_ended), "");
}

TEST_F(FastCgiTest, DropsAConnectionThatHoldsNoRequest) {
  Peer silent(listening_);
  silent.leave();
  EXPECT_EQ(serve(), Served::kDropped);

  Peer cut(listening_);
  cut.write(begin_request() + record(kParams, "\x0E"));
  cut.leave();
  EXPECT_EQ(serve(), Served::kDropped);

  Peer other(listening_);
  other.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  other.leave();
  EXPECT_EQ(serve(), Served::kDropped);
  EXPECT_EQ(answered_, 0);
}

TEST_F(FastCgiTest, ServesOnAfterADroppedConnection) {
  Peer silent(listening_);
  silent.leave();
  EXPECT_EQ(serve(), Served::kDropped);
  Peer peer(listening_);
  peer.write_all(head_of({{"REQUEST_METHOD", "GET"}}) + record(kStdin, ""));
  EXPECT_EQ(serve(), Served::kAnswered);
  bool is_ended = false;
  EXPECT_EQ(peer.read_answer(is_ended), serialize(response_, false));
}

TEST_F(FastCgiTest, APeerThatLeavesBeforeTheAnswerHarmsNothing) {
  Peer peer(listening_);
  peer.write_all(head_of({{"REQUEST_METHOD", "GET"}}) + record(kStdin, ""));
  peer.leave();
  response_ = Response::json(200, std::string(100'000, 'x'));
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(serve(), Served::kNothing);
}

TEST_F(FastCgiTest, TakesOneRequestAtATime) {
  Peer first(listening_);
  first.write_all(head_of({{"REQUEST_METHOD", "GET"}}) + record(kStdin, ""));
  Peer second(listening_);
  second.write_all(head_of({{"REQUEST_METHOD", "GET"}}) + record(kStdin, ""));
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(answered_, 1);
  EXPECT_EQ(serve(), Served::kAnswered);
  EXPECT_EQ(serve(), Served::kNothing);
}

// A process that has run out of descriptors says so, and goes on when it has some again.
TEST_F(FastCgiTest, TellsThatItHasNoDescriptorLeft) {
  Peer peer(listening_);
  peer.write_all(head_of({{"REQUEST_METHOD", "GET"}}) + record(kStdin, ""));
  // Nothing but the adapter runs meanwhile: a sanitizer needs descriptors too.
  FastCgi& fastcgi = fastcgi_;
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const int next_free = fcntl(listening_.get(), F_DUPFD, 0);
  ASSERT_EQ(close(next_free), 0);
  rlimit full = limit;
  full.rlim_cur = static_cast<rlim_t>(next_free);
  const int limited = setrlimit(RLIMIT_NOFILE, &full);
  const Served served = fastcgi.serve_one([](Request&) { return Response(); });
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(limited, 0);
  EXPECT_EQ(served, Served::kFailed);
  EXPECT_EQ(serve(), Served::kAnswered);
}

}  // namespace
}  // namespace latchkey::http
