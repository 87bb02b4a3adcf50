// SPDX-License-Identifier: Apache-2.0
#include "config/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latchkey::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

TEST(CheckDatabaseUrlTest, TakesUrisAndKeyValuePairs) {
  for (const std::string_view text : {
           "postgresql://app:p%40ss@db:5432/latchkey?sslmode=require",
           "postgres://app@db",
           "postgresql:///latchkey?host=/run/postgresql",
           "postgresql://app@a,b:5433/latchkey?target_session_attrs=read-write",
           "host=/run/postgresql dbname=latchkey user=latchkey_app",
           "  host = db   password = 'with \\' and \\\\ and spaces'  ",
           "password=with\\ escape host=db",
           "dbname=''",
           "service=latchkey",
       }) {
    EXPECT_EQ(check_database_url(text), std::nullopt) << text;
  }
}

TEST(CheckDatabaseUrlTest, RefusesOtherShapes) {
  for (const std::string_view text : {
           "",
           " ",
           "latchkey",
           "mysql://db/x",
           "postgresql+psycopg2://db/x",
           "postgresql:/db",
           "POSTGRESQL://db",
           "postgresql://db/x y",
           "postgresql://db/x\n",
           "postgresql://app:p@ss@db/x",
           "postgresql://app:p/ss@db/x",
           "postgresql://app:p%ss@db/x",
           "postgresql://app:p%4@db/x",
           "postgresql://db/x?password=a%zz",
           "=db",
           "host=db dbname",
           "host=db dbname='open",
           "Host=db",
           "host db",
       }) {
    EXPECT_NE(check_database_url(text), std::nullopt) << text;
  }
}

TEST(CheckSecretKeyTest, TakesRandomKeysOfEveryUsualSpelling) {
  for (const std::string_view text : {
           "c3d1f0a59b8e47726f1d0c2b3a495867",                                  // 32 hex digits
           "4GJ0qz0Yc8q4wN7mYkq3dUeB1pXv9tRzLhWfKs6oAiMnEyTbQgVjCxPuDrZl2H5S",  // base64
           "a sentence of many different words is a key as well",
           "\xF1\x02\xA3\x44\xB5\x66\xC7\x88\xD9\x0A\xEB\x2C\xFD\x4E\x5F\x60"
           "\x71\x82\x93\xA4\xB5\xC6\xD7\xE8\xF9\x0B\x1C\x2D\x3E\x4F\x5A\x6B",
       }) {
    EXPECT_EQ(check_secret_key(text), std::nullopt) << text;
  }
}

TEST(CheckSecretKeyTest, RefusesShortAndObviousKeys) {
  EXPECT_THAT(check_secret_key("only thirty-one bytes of secret"), Optional(HasSubstr("31 bytes")));
  for (const std::string_view text : {
           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
           "00000000000000000000000000000000",
           "abababababababababababababababababab",
           "changemechangemechangemechangeme",
           "changeme changeme changeme changeme changeme",
           "0123456789abcdef0123456789abcdef",
       }) {
    EXPECT_THAT(check_secret_key(text), Optional(HasSubstr("easy to guess"))) << text;
  }
}

TEST(CheckIssuerTest, TakesNamesAndUrls) {
  EXPECT_EQ(check_issuer("latchkey"), std::nullopt);
  EXPECT_EQ(check_issuer("https://login.example.com/"), std::nullopt);
  EXPECT_NE(check_issuer(""), std::nullopt);
  EXPECT_NE(check_issuer("a\nb"), std::nullopt);
  EXPECT_NE(check_issuer("\xFF"), std::nullopt);
  EXPECT_NE(check_issuer(std::string(256, 'x')), std::nullopt);
}

TEST(CheckRuntimeDirTest, TakesAbsolutePathsThatLeaveRoomForASocket) {
  EXPECT_EQ(check_runtime_dir("/run/latchkey"), std::nullopt);
  EXPECT_EQ(check_runtime_dir("/" + std::string(89, 'x')), std::nullopt);
  EXPECT_NE(check_runtime_dir("/" + std::string(90, 'x')), std::nullopt);
  EXPECT_NE(check_runtime_dir("run/latchkey"), std::nullopt);
  EXPECT_NE(check_runtime_dir(""), std::nullopt);
  EXPECT_NE(check_runtime_dir("/run/a\nb"), std::nullopt);
}

TEST(CheckNetworksTest, TakesAddressesAndNetworks) {
  for (const std::string_view text :
       {"", "192.0.2.1", "192.0.2.0/24", "2001:db8::/32, ::1", "0.0.0.0/0,10.0.0.0/8"}) {
    EXPECT_EQ(check_networks(text), std::nullopt) << text;
  }
  for (const std::string_view text :
       {"localhost", "192.0.2.0/33", "192.0.2.0/", "::/129", "/8", ",", "192.0.2.1,",
        "192.0.2.0/-1", "192.0.2.0/8x", "all; allow"}) {
    EXPECT_NE(check_networks(text), std::nullopt) << text;
  }
  EXPECT_NE(check_networks(std::string(5000, '1')), std::nullopt);
}

TEST(CheckOriginTest, TakesWhatBrowsersSend) {
  for (const std::string_view origin : {
           "https://app.example.com",
           "http://localhost:3000",
           "https://localhost:8443",
           "http://127.0.0.1:5173",
           "http://[::1]:3000",
           "https://xn--bcher-kva.example",
           "capacitor://localhost",
           "https://example.com:80",
       }) {
    EXPECT_EQ(check_origin(origin), std::nullopt) << origin;
  }
}

TEST(CheckOriginTest, SaysWhatIsWrong) {
  EXPECT_THAT(check_origin(""), Optional(HasSubstr("empty")));
  EXPECT_THAT(check_origin("*"), Optional(HasSubstr("name each one")));
  EXPECT_THAT(check_origin("https://*.example.com"), Optional(HasSubstr("wildcard")));
  EXPECT_THAT(check_origin("null"), Optional(HasSubstr("scheme")));
  EXPECT_THAT(check_origin("example.com"), Optional(HasSubstr("scheme")));
  EXPECT_THAT(check_origin("://example.com"), Optional(HasSubstr("scheme")));
  EXPECT_THAT(check_origin("1http://example.com"), Optional(HasSubstr("scheme")));
  EXPECT_THAT(check_origin("ht tp://example.com"), Optional(HasSubstr("scheme")));
  EXPECT_THAT(check_origin("https://Example.com"), Optional(HasSubstr("upper-case")));
  EXPECT_THAT(check_origin("https://example.com/"), Optional(HasSubstr("slash")));
  EXPECT_THAT(check_origin("https://example.com/app"), Optional(HasSubstr("path")));
  EXPECT_THAT(check_origin("https://example.com?x"), Optional(HasSubstr("path")));
  EXPECT_THAT(check_origin("https://me@example.com"), Optional(HasSubstr("user name")));
  EXPECT_THAT(check_origin("https://"), Optional(HasSubstr("no host")));
  EXPECT_THAT(check_origin("https://:8443"), Optional(HasSubstr("no host")));
  EXPECT_THAT(check_origin("https://exa mple.com"), Optional(HasSubstr("host")));
  EXPECT_THAT(check_origin("https://example.com:"), Optional(HasSubstr("port")));
  EXPECT_THAT(check_origin("https://example.com:0"), Optional(HasSubstr("port")));
  EXPECT_THAT(check_origin("https://example.com:65536"), Optional(HasSubstr("port")));
  EXPECT_THAT(check_origin("https://example.com:8443x"), Optional(HasSubstr("port")));
  EXPECT_THAT(check_origin("https://example.com:443"), Optional(HasSubstr("default port")));
  EXPECT_THAT(check_origin("http://example.com:80"), Optional(HasSubstr("default port")));
  EXPECT_THAT(check_origin("http://[::1"), Optional(HasSubstr("IPv6")));
  EXPECT_THAT(check_origin("http://[::g]"), Optional(HasSubstr("IPv6")));
  EXPECT_THAT(check_origin("http://[::1]3000"), Optional(HasSubstr("port")));
}

}  // namespace
}  // namespace latchkey::config
