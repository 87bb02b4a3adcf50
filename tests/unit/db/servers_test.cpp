// SPDX-License-Identifier: Apache-2.0
#include "db/servers.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "db/answer.h"
#include "db/scripted_server.h"
#include "db/silent_server.h"

namespace latchkey::db {
namespace {

// ---- the connection string

std::optional<std::string> value_of(const Keywords& keywords, std::string_view name) {
  const auto found = std::ranges::find(keywords, name, &Keywords::value_type::first);
  if (found == keywords.end()) return std::nullopt;
  return found->second;
}

std::vector<Keywords> hosts_of(const std::string& conninfo, bool is_pooled = false) {
  return keywords_per_host(conninfo, 2000, is_pooled);
}

TEST(KeywordsPerHost, OneHostIsOne) {
  const auto hosts = hosts_of("postgresql://u:p%40ss@db:5433/d?sslmode=require");
  ASSERT_EQ(hosts.size(), 1U);
  EXPECT_EQ(value_of(hosts[0], "host"), "db");
  EXPECT_EQ(value_of(hosts[0], "port"), "5433");
  EXPECT_EQ(value_of(hosts[0], "password"), "p@ss");
  EXPECT_EQ(value_of(hosts[0], "sslmode"), "require");
  EXPECT_EQ(value_of(hosts[0], "client_encoding"), "UTF8");
  EXPECT_EQ(value_of(hosts[0], "fallback_application_name"), "latchkey");
  EXPECT_EQ(value_of(hosts[0], "target_session_attrs"), std::nullopt);
}

TEST(KeywordsPerHost, EachHostHasItsOwnAddressAndPort) {
  const auto hosts = hosts_of("host=a,b hostaddr=192.0.2.1,192.0.2.2 port=1,2 dbname=d");
  ASSERT_EQ(hosts.size(), 2U);
  EXPECT_EQ(value_of(hosts[1], "host"), "b");
  EXPECT_EQ(value_of(hosts[1], "hostaddr"), "192.0.2.2");
  EXPECT_EQ(value_of(hosts[1], "port"), "2");
  EXPECT_EQ(value_of(hosts[1], "dbname"), "d");
}

TEST(KeywordsPerHost, OnePortIsForAllAndAnEmptyOneIsTheDefault) {
  const auto one = hosts_of("host=a,b,c port=5433");
  ASSERT_EQ(one.size(), 3U);
  for (const Keywords& host : one) EXPECT_EQ(value_of(host, "port"), "5433");
  const auto two = hosts_of("postgresql://a,b:5433/d");
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(value_of(two[0], "port"), "");
  EXPECT_EQ(value_of(two[1], "port"), "5433");
}

TEST(KeywordsPerHost, SeveralHostsMeanThePrimaryUnlessTheUrlSaysElse) {
  for (const Keywords& host : hosts_of("host=a,b"))
    EXPECT_EQ(value_of(host, "target_session_attrs"), "read-write");
  for (const Keywords& host : hosts_of("host=a,b target_session_attrs=any"))
    EXPECT_EQ(value_of(host, "target_session_attrs"), "any");
}

TEST(KeywordsPerHost, ListsThatDoNotFitAreLeftToLibpq) {
  EXPECT_EQ(hosts_of("host=a,b port=1,2,3").size(), 1U);
  EXPECT_EQ(hosts_of("host=a,b hostaddr=192.0.2.1").size(), 1U);
}

TEST(KeywordsPerHost, TheServersTimeoutsAreALittleBelowTheDeadline) {
  EXPECT_EQ(value_of(hosts_of("host=a")[0], "options"),
            "-c statement_timeout=1900 -c lock_timeout=1500");
}

TEST(KeywordsPerHost, OptionsOfTheUrlComeLastAndSoCount) {
  EXPECT_EQ(value_of(hosts_of("host=a options='-c lock_timeout=1'")[0], "options"),
            "-c statement_timeout=1900 -c lock_timeout=1500 -c lock_timeout=1");
}

TEST(KeywordsPerHost, OptionsOfTheEnvironmentCountToo) {
  setenv("PGOPTIONS", "-c work_mem=1MB", 1);
  EXPECT_EQ(value_of(hosts_of("host=a")[0], "options"),
            "-c statement_timeout=1900 -c lock_timeout=1500 -c work_mem=1MB");
  unsetenv("PGOPTIONS");
}

TEST(KeywordsPerHost, APoolerIsSentNoOptionsButThoseOfTheUrl) {
  EXPECT_EQ(value_of(hosts_of("host=a", true)[0], "options"), std::nullopt);
  EXPECT_EQ(value_of(hosts_of("host=a options=-cx=1", true)[0], "options"), "-cx=1");
}

TEST(KeywordsPerHost, AStringThatCannotBeReadIsNotQuoted) {
  try {
    hosts_of("password=x s3cret");
    FAIL();
  } catch (const LostConnection& error) {
    EXPECT_STREQ(error.what(), "libpq cannot use the connection string");
  }
}

// ---- several servers

class ServersTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kTimeoutMs = 400;

  static base::Secret url(const std::vector<std::string>& folders) {
    std::string list;
    for (const std::string& folder : folders) list += (list.empty() ? "" : ",") + folder;
    return base::Secret("user=u dbname=d host=" + list);
  }
  Servers servers(const std::vector<std::string>& folders) {
    return Servers({.url = url(folders), .timeout_ms = kTimeoutMs}, clock_);
  }
  // Opens a connection and closes it.
  void visit(Servers& servers) { servers.open(Deadline(clock_, kTimeoutMs)); }
  std::string failure_of(Servers& servers) {
    try {
      visit(servers);
    } catch (const LostConnection& error) {
      return error.what();
    }
    return "";
  }

  base::SystemClock clock_;
  ScriptedServer one_;
  ScriptedServer two_;
};

TEST_F(ServersTest, TheFirstOneIsUsedAsLongAsItAnswers) {
  Servers both = servers({one_.folder(), two_.folder()});
  visit(both);
  visit(both);
  EXPECT_EQ(one_.connections(), 2);
  EXPECT_EQ(two_.connections(), 0);
}

TEST_F(ServersTest, OneThatRefusesIsPassedOverAndRemembered) {
  Servers both = servers({one_.folder(), two_.folder()});
  one_.will_refuse_connections("57P03");
  visit(both);
  visit(both);
  EXPECT_EQ(one_.connections(), 1);
  EXPECT_EQ(two_.connections(), 2);
}

TEST_F(ServersTest, AStandbyIsPassedOver) {
  Servers both = servers({one_.folder(), two_.folder()});
  one_.will_be_a_standby();
  visit(both);
  EXPECT_EQ(two_.connections(), 1);
}

TEST_F(ServersTest, OneThatIsSilentGetsItsShareOfTheTime) {
  const SilentServer silent;
  Servers both = servers({silent.folder(), two_.folder()});
  const std::int64_t started_ms = clock_.monotonic_ms();
  visit(both);
  const std::int64_t took_ms = clock_.monotonic_ms() - started_ms;
  EXPECT_GE(took_ms, kTimeoutMs / 2);
  EXPECT_LT(took_ms, kTimeoutMs);
  visit(both);
  EXPECT_LT(clock_.monotonic_ms() - started_ms, 2 * kTimeoutMs) << "the silent one is asked again";
}

TEST_F(ServersTest, WhenAllFailAllReasonsAreTold) {
  Servers both = servers({"/no/such", one_.folder()});
  one_.will_refuse_connections("57P03");
  const std::string reasons = failure_of(both);
  EXPECT_NE(reasons.find("/no/such"), std::string::npos) << reasons;
  EXPECT_NE(reasons.find("; "), std::string::npos) << reasons;
  EXPECT_NE(reasons.find("scripted"), std::string::npos) << reasons;
}

TEST_F(ServersTest, WhenAllAreSilentTheDeadlineIsKept) {
  const SilentServer silent;
  const SilentServer mute;
  Servers both = servers({silent.folder(), mute.folder()});
  const std::int64_t started_ms = clock_.monotonic_ms();
  EXPECT_EQ(failure_of(both), "connecting took too long; connecting took too long");
  const std::int64_t took_ms = clock_.monotonic_ms() - started_ms;
  EXPECT_GE(took_ms, kTimeoutMs - 1);
  EXPECT_LT(took_ms, 10 * kTimeoutMs);
}

TEST_F(ServersTest, WhatIsSentIsWhatTheServerHears) {
  Servers one = servers({one_.folder()});
  visit(one);
  using std::string_literals::operator""s;
  for (const std::string& setting : {"options\0-c statement_timeout=380 -c lock_timeout=300\0"s,
                                     "client_encoding\0UTF8\0"s, "application_name\0latchkey\0"s})
    EXPECT_NE(one_.startup().find(setting), std::string::npos) << setting;
}

}  // namespace
}  // namespace latchkey::db
