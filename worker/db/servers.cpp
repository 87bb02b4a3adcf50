// SPDX-License-Identifier: Apache-2.0
#include "db/servers.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <optional>
#include <poll.h>
#include <string_view>

#include "db/answer.h"

namespace latchkey::db {
namespace {

constexpr std::string_view kUnusable = "libpq cannot use the connection string";

// libpq's own words, as far as they are about the server. Words about the connection string quote
// it, and may quote the password: one with a '/' in it is read as a port.
std::string words_of(const PGconn* handle) {
  const std::string_view text = PQerrorMessage(handle);
  const bool is_about_the_server =
      text.starts_with("connection to server") || text.starts_with("could not ");
  return std::string(is_about_the_server ? text.substr(0, text.find_last_not_of('\n') + 1)
                                         : kUnusable);
}

// ---- one host

// libpq would print notices on standard error, where every line is ours and is JSON; what the
// server says in one may quote data.
void drop_notice(void* /*context*/, const char* /*message*/) {}

Handle start(const Keywords& keywords) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : keywords) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  constexpr int kDbnameIsOnlyAName = 0;
  Handle handle(PQconnectStartParams(names.data(), values.data(), kDbnameIsOnlyAName));
  if (handle == nullptr) throw std::bad_alloc();
  if (PQstatus(handle.get()) == CONNECTION_BAD) throw LostConnection(words_of(handle.get()));
  PQsetNoticeProcessor(handle.get(), drop_notice, nullptr);
  return handle;
}

// ---- the connection string

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

Keywords parse(const std::string& conninfo) {
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(
      PQconninfoParse(conninfo.c_str(), nullptr));
  if (options == nullptr) throw LostConnection(std::string(kUnusable));
  Keywords keywords;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) keywords.emplace_back(option->keyword, option->val);
  }
  return keywords;
}

std::string* find(Keywords& keywords, std::string_view name) {
  const auto found = std::ranges::find(keywords, name, &Keywords::value_type::first);
  return found == keywords.end() ? nullptr : &found->second;
}

void set(Keywords& keywords, std::string_view name, std::string value) {
  if (std::string* const known = find(keywords, name)) {
    *known = std::move(value);
  } else {
    keywords.emplace_back(name, std::move(value));
  }
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> items;
  for (;;) {
    const std::size_t comma = std::min(list.find(','), list.size());
    items.emplace_back(list.substr(0, comma));
    if (comma == list.size()) return items;
    list.remove_prefix(comma + 1);
  }
}

// Lists that do not fit together stay whole: libpq refuses them in its own words.
std::vector<Keywords> one_for_each_host(Keywords keywords) {
  constexpr std::array<std::string_view, 3> kLists{"host", "hostaddr", "port"};
  std::size_t count = 1;
  for (const std::string_view name : kLists) {
    if (const std::string* const list = find(keywords, name))
      count = std::max(count, split(*list).size());
  }
  std::vector<Keywords> all(count, keywords);
  for (const std::string_view name : kLists) {
    const std::string* const list = find(keywords, name);
    if (list == nullptr) continue;
    const std::vector<std::string> items = split(*list);
    // libpq, "Specifying Multiple Hosts": one port may stand for all.
    const bool is_for_all = items.size() == 1 && name == "port";
    if (items.size() != count && !is_for_all) return {std::move(keywords)};
    for (std::size_t i = 0; i < count; ++i) set(all[i], name, is_for_all ? items[0] : items[i]);
  }
  return all;
}

std::string timeouts_below(std::int64_t timeout_ms) {
  const std::int64_t statement_ms = timeout_ms * 95 / 100;
  const std::int64_t lock_ms = timeout_ms * 75 / 100;
  return "-c statement_timeout=" + std::to_string(statement_ms) +
         " -c lock_timeout=" + std::to_string(lock_ms);
}

}  // namespace

std::vector<Keywords> keywords_per_host(const std::string& conninfo, std::int64_t timeout_ms,
                                        bool is_pooled) {
  Keywords keywords = parse(conninfo);
  set(keywords, "client_encoding", "UTF8");
  if (find(keywords, "fallback_application_name") == nullptr)
    set(keywords, "fallback_application_name", "latchkey");
  if (!is_pooled) {
    // The last of two settings of one name counts. libpq would take PGOPTIONS where there are none.
    const std::string* const theirs = find(keywords, "options");
    const char* const inherited = std::getenv("PGOPTIONS");
    const std::string more = theirs != nullptr ? *theirs : inherited == nullptr ? "" : inherited;
    set(keywords, "options", timeouts_below(timeout_ms) + (more.empty() ? "" : ' ' + more));
  }
  std::vector<Keywords> all = one_for_each_host(std::move(keywords));
  for (Keywords& each : all) {
    if (all.size() > 1 && find(each, "target_session_attrs") == nullptr)
      set(each, "target_session_attrs", "read-write");
  }
  return all;
}

Handle open_host(const Keywords& keywords, const Deadline& deadline) {
  Handle handle = start(keywords);
  // As libpq asks for it: act as if the first poll had said "writing".
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  Wait wait(deadline);
  while (status != PGRES_POLLING_OK) {
    const short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!wait.until_ready(PQsocket(handle.get()), events)) {
      throw LostConnection("connecting took too long");
    }
    status = PQconnectPoll(handle.get());
    if (status == PGRES_POLLING_FAILED) throw LostConnection(words_of(handle.get()));
  }
  if (PQsetnonblocking(handle.get(), 1) != 0) throw LostConnection(words_of(handle.get()));
  return handle;
}

Handle Servers::open(const Deadline& deadline) {
  const std::vector<Keywords> hosts = keywords_per_host(std::string(options_.url.reveal()),
                                                        options_.timeout_ms, options_.is_pooled);
  std::string reasons;
  for (std::size_t tried = 0; tried < hosts.size() && !deadline.is_over(); ++tried) {
    const auto left = static_cast<std::int64_t>(hosts.size() - tried);
    const Deadline share(clock_, (deadline.remaining_ms() + left - 1) / left);
    try {
      Handle handle = open_host(hosts[(first_ + tried) % hosts.size()], share);
      first_ = (first_ + tried) % hosts.size();
      return handle;
    } catch (const LostConnection& failure) {
      reasons += (reasons.empty() ? "" : "; ") + std::string(failure.what());
    }
  }
  throw LostConnection(reasons.empty() ? "connecting took too long" : reasons);
}

}  // namespace latchkey::db
