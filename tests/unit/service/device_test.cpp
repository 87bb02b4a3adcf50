// SPDX-License-Identifier: Apache-2.0
#include "service/device.h"

#include <string>

#include <gtest/gtest.h>

namespace latchkey::service {
namespace {

struct Example {
  const char* device;
  const char* user_agent;
};

// As the programs really send them.
constexpr Example kExamples[] = {
    {"Firefox on Windows",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:124.0) Gecko/20100101 Firefox/124.0"},
    {"Firefox on Linux", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},
    {"Firefox on macOS",
     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:124.0) Gecko/20100101 Firefox/124.0"},
    {"Firefox on Android", "Mozilla/5.0 (Android 14; Mobile; rv:124.0) Gecko/124.0 Firefox/124.0"},
    {"Firefox on iPhone",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 14_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) FxiOS/124.0 Mobile/15E148 Safari/605.1.15"},
    {"Chrome on Windows",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/123.0.0.0 Safari/537.36"},
    {"Chrome on macOS",
     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/123.0.0.0 Safari/537.36"},
    {"Chrome on Android",
     "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/123.0.0.0 Mobile Safari/537.36"},
    {"Chrome on iPad",
     "Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "CriOS/123.0.6312.52 Mobile/15E148 Safari/604.1"},
    {"Chrome on ChromeOS",
     "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/123.0.0.0 Safari/537.36"},
    {"Edge on Windows",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/123.0.0.0 Safari/537.36 Edg/123.0.2420.65"},
    {"Edge on Android",
     "Mozilla/5.0 (Linux; Android 10; HD1913) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/123.0.6312.99 Mobile Safari/537.36 EdgA/123.0.2420.56"},
    {"Opera on Windows",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/123.0.0.0 Safari/537.36 OPR/109.0.0.0"},
    {"Samsung Internet on Android",
     "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) "
     "SamsungBrowser/21.0 Chrome/110.0.5481.154 Mobile Safari/537.36"},
    {"Safari on macOS",
     "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_4_1) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/17.4.1 Safari/605.1.15"},
    {"Safari on iPhone",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Version/17.4.1 Mobile/15E148 Safari/604.1"},
    {"Safari on iPad",
     "Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/16.6 Mobile/15E148 Safari/604.1"},
    {"Internet Explorer on Windows",
     "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"},
    {"Android", "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A.230805.001)"},
    {"curl", "curl/7.88.1"},
    {"Wget", "Wget/1.21.3"},
    {"Python", "python-requests/2.28.1"},
    {"Python", "Python-urllib/3.11"},
    {"Go", "Go-http-client/2.0"},
    {"okhttp", "okhttp/4.12.0"},
    {"Postman", "PostmanRuntime/7.37.0"},
    {"Java on Windows", "Java/17.0.2 (Windows)"},
    {"", ""},
    {"", "latchkey-testkit"},
    {"", "Mozilla/5.0"},
    {"", "my curl/8.0"},
};

TEST(Device, IsRecognised) {
  for (const Example& example : kExamples)
    EXPECT_EQ(device_of(example.user_agent), example.device) << example.user_agent;
}

// Whatever is sent, the answer is made of words of ours, and of few of them.
TEST(Device, NothingOfTheTextComesOut) {
  EXPECT_EQ(device_of("Firefox/<script> (Windows\x1b[2J\r\n\xff)"), "Firefox on Windows");
}

TEST(Device, OnlyTheBeginningCounts) {
  EXPECT_EQ(device_of(std::string(505, 'x') + "Windows"), "Windows");
  EXPECT_EQ(device_of(std::string(506, 'x') + "Windows"), "");
}

}  // namespace
}  // namespace latchkey::service
