// SPDX-License-Identifier: Apache-2.0
#pragma once

// A server that speaks enough of PostgreSQL's protocol (version 3.0) to be connected to and called,
// and answers each call with what the test has put on its list: rows, an error, silence, or the end
// of the connection. What a real server would never do on demand.
//
// It listens on a Unix socket in a folder of its own and lives on a thread, since the caller under
// test waits for it.

#include <array>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "db/protocol_messages.h"

namespace latchkey::db {

struct Reply {
  enum class Kind { kRows, kFault, kSilence, kHalf, kDrip, kClose };
  Kind kind = Kind::kRows;
  std::vector<Row> rows{};
  std::string sqlstate{};  // of kFault
};

inline Reply one_row(Row row) { return {.kind = Reply::Kind::kRows, .rows = {std::move(row)}}; }
inline Reply fault(std::string sqlstate) {
  return {.kind = Reply::Kind::kFault, .sqlstate = std::move(sqlstate)};
}
inline Reply silence() { return {.kind = Reply::Kind::kSilence}; }
// The first half of an answer, and then nothing.
inline Reply half() { return {.kind = Reply::Kind::kHalf, .rows = {{"cut off here"}}}; }
// An answer without an end: a row every few milliseconds.
inline Reply drip() { return {.kind = Reply::Kind::kDrip, .rows = {{"drop"}}}; }
inline Reply closing() { return {.kind = Reply::Kind::kClose}; }

struct ReceivedCall {
  std::string statement;  // the name of a prepared one, the text of another
  Row parameters;
};

class ScriptedServer {
 public:
  ScriptedServer() {
    std::string folder = "/tmp/latchkey-server-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder_ = folder;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        listen(listening_.get(), 8) != 0) {
      throw std::runtime_error("the server cannot listen");
    }
    thread_ = std::thread([this] { run(); });
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    stop_.ring();
    thread_.join();
    unlink(path().c_str());
    rmdir(folder_.c_str());
  }

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string url() const { return "host=" + folder_ + " user=u dbname=d"; }

  // ---- the script

  void will_answer(Reply reply) {
    const std::lock_guard lock(mutex_);
    replies_.push_back(std::move(reply));
  }
  void will_refuse_connections(std::string sqlstate) {
    const std::lock_guard lock(mutex_);
    refusal_ = std::move(sqlstate);
  }
  void will_be_a_standby() {
    const std::lock_guard lock(mutex_);
    is_standby_ = true;
  }
  // Hangs up when it is asked to prepare a statement, once.
  void will_die_preparing() {
    const std::lock_guard lock(mutex_);
    dies_preparing_ = true;
  }
  // Closes the connection that is open; returns when that is done.
  void hang_up() {
    std::unique_lock lock(mutex_);
    const int before = closed_;
    hang_up_.ring();
    changed_.wait(lock, [&] { return closed_ > before; });
  }

  // ---- what happened

  [[nodiscard]] std::vector<ReceivedCall> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  [[nodiscard]] ReceivedCall last_call() const { return calls().back(); }
  [[nodiscard]] int connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }
  // The startup packet of the last connection: names and values, each ended by a NUL.
  [[nodiscard]] std::string startup() const {
    const std::lock_guard lock(mutex_);
    return startup_;
  }
  [[nodiscard]] int prepared() const {
    const std::lock_guard lock(mutex_);
    return prepared_;
  }

 private:
  // Wakes the thread out of its poll.
  class Bell {
   public:
    Bell() {
      std::array<int, 2> ends{};
      if (pipe(ends.data()) != 0) throw std::runtime_error("pipe");
      reader_ = base::Descriptor(ends[0]);
      writer_ = base::Descriptor(ends[1]);
    }
    void ring() const { [[maybe_unused]] const ssize_t written = write(writer_.get(), "!", 1); }
    void take() const {
      char byte = 0;
      [[maybe_unused]] const ssize_t got = read(reader_.get(), &byte, 1);
    }
    [[nodiscard]] int fd() const { return reader_.get(); }

   private:
    base::Descriptor reader_;
    base::Descriptor writer_;
  };

  struct Message {
    char type = 0;
    std::string body;
  };

  [[nodiscard]] std::string path() const { return folder_ + "/.s.PGSQL.5432"; }

  // Whether `fd` can be read before one of the bells that matter rings.
  [[nodiscard]] bool wait_to_read(int fd, bool may_hang_up) const {
    std::array<pollfd, 3> entries{pollfd{fd, POLLIN, 0}, pollfd{stop_.fd(), POLLIN, 0},
                                  pollfd{may_hang_up ? hang_up_.fd() : -1, POLLIN, 0}};
    poll(entries.data(), entries.size(), -1);
    if (entries[2].revents != 0) hang_up_.take();
    return entries[1].revents == 0 && entries[2].revents == 0;
  }

  void run() {
    while (wait_to_read(listening_.get(), false)) {
      base::Descriptor client(accept(listening_.get(), nullptr, nullptr));
      serve(client.get());
      client.reset();
      const std::lock_guard lock(mutex_);
      ++closed_;
      changed_.notify_all();
    }
  }

  void serve(int client) {
    if (!take(client, 4)) return;
    const std::uint32_t length = number_at(input_, 0);
    if (!take(client, length)) return;
    std::string standby = "off";
    {
      const std::lock_guard lock(mutex_);
      ++connections_;
      startup_ = input_.substr(0, length);
      if (is_standby_) standby = "on";
      if (refusal_) {
        send_all(client, error("FATAL", *refusal_));
        input_.clear();
        return;
      }
    }
    input_.erase(0, length);
    send_all(client, message('R', std::string(4, '\0')) + parameter("server_version", "15.0") +
                         parameter("client_encoding", "UTF8") +
                         parameter("standard_conforming_strings", "on") +
                         parameter("default_transaction_read_only", "off") +
                         parameter("in_hot_standby", standby) + ready());
    while (answer_message(client)) {
    }
    input_.clear();
  }

  // False when the connection is over.
  bool answer_message(int client) {
    Message in;
    if (!read_message(client, in)) return false;
    switch (in.type) {
      case 'P':
        if (dies_now()) return false;
        note_parse(in.body);
        send_all(client, message('1', ""));
        return true;
      case 'B':
        note_bind(in.body);
        send_all(client, message('2', ""));
        return true;
      case 'E':
        return answer_call(client);
      case 'S':
        send_all(client, ready());
        return true;
      case 'X':
        return false;
      default:  // Describe is answered with the rows
        return true;
    }
  }

  bool dies_now() {
    const std::lock_guard lock(mutex_);
    return std::exchange(dies_preparing_, false);
  }

  void note_parse(const std::string& body) {
    const std::lock_guard lock(mutex_);
    const std::string name = body.c_str();
    unnamed_sql_ = body.c_str() + name.size() + 1;
    if (!name.empty()) ++prepared_;
  }

  void note_bind(std::string_view body) {
    const auto take_text = [&body] {
      std::string text(body.substr(0, body.find('\0')));
      body.remove_prefix(text.size() + 1);
      return text;
    };
    take_text();  // the portal
    ReceivedCall call{take_text(), {}};
    if (call.statement.empty()) call.statement = unnamed_sql_;
    body.remove_prefix(2 + 2 * short_at(body, 0));  // formats
    const std::size_t count = short_at(body, 0);
    body.remove_prefix(2);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t length = number_at(body, 0);
      body.remove_prefix(4);
      if (length == kNull) {
        call.parameters.emplace_back();
        continue;
      }
      call.parameters.emplace_back(body.substr(0, length));
      body.remove_prefix(length);
    }
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
  }

  bool answer_call(int client) {
    Reply reply;
    {
      const std::lock_guard lock(mutex_);
      if (replies_.empty()) return false;
      reply = std::move(replies_.front());
      replies_.pop_front();
    }
    switch (reply.kind) {
      case Reply::Kind::kClose:
        return false;
      case Reply::Kind::kHalf: {
        const std::string answer = table(reply.rows);
        send_all(client, answer.substr(0, answer.size() / 2));
        return wait_for_end(client);
      }
      case Reply::Kind::kDrip:
        return send_rows_for_ever(client, reply);
      case Reply::Kind::kSilence:
        return wait_for_end(client);
      case Reply::Kind::kFault:
        send_all(client, error("ERROR", reply.sqlstate));
        return true;
      case Reply::Kind::kRows:
        break;
    }
    send_all(client, table(reply.rows) + message('C', std::string("SELECT 1\0", 9)));
    return true;
  }

  bool wait_for_end(int client) {
    Message ignored;
    while (read_message(client, ignored)) {
    }
    return false;
  }

  static bool send_rows_for_ever(int client, const Reply& reply) {
    const std::string answer = table(reply.rows);
    send_all(client, answer);
    const std::size_t description = 1 + number_at(answer, 1);
    const std::string more = answer.substr(description);
    pollfd peer{client, POLLRDHUP, 0};
    while (poll(&peer, 1, 5) == 0) send_all(client, more);
    return false;
  }

  // Makes sure that at least `count` bytes of input are there.
  bool take(int client, std::size_t count) {
    while (input_.size() < count) {
      std::array<char, 4096> buffer{};
      const ssize_t got =
          wait_to_read(client, true) ? read(client, buffer.data(), buffer.size()) : ssize_t{0};
      if (got <= 0) {
        input_.clear();
        return false;
      }
      input_.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return true;
  }
  bool read_message(int client, Message& message) {
    if (!take(client, 5)) return false;
    const std::size_t length = 1 + number_at(input_, 1);
    if (!take(client, length)) return false;
    message = {input_[0], input_.substr(5, length - 5)};
    input_.erase(0, length);
    return true;
  }
  static void send_all(int client, std::string_view bytes) {
    [[maybe_unused]] const ssize_t sent = send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  std::string folder_;
  base::Descriptor listening_{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  Bell stop_;
  Bell hang_up_;
  std::thread thread_;

  // Of the thread alone.
  std::string input_;
  std::string unnamed_sql_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Reply> replies_;
  std::optional<std::string> refusal_;
  bool is_standby_ = false;
  bool dies_preparing_ = false;
  std::string startup_;
  std::vector<ReceivedCall> calls_;
  int connections_ = 0;
  int prepared_ = 0;
  int closed_ = 0;
};

}  // namespace latchkey::db
