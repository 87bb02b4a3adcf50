// SPDX-License-Identifier: Apache-2.0
#include "service/network_class.h"

#include <gtest/gtest.h>

namespace latchkey::service {
namespace {

TEST(NetworkClass, GoesByTheAddress) {
  for (const char* const ip : {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"})
    EXPECT_EQ(network_class_of(ip), "local") << ip;
  for (const char* const ip : {"10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255",
                               "192.168.1.1", "169.254.0.1", "100.64.0.1", "100.127.255.255",
                               "fc00::1", "fdff::1", "fe80::1", "febf::1", "::ffff:192.168.1.1"})
    EXPECT_EQ(network_class_of(ip), "private") << ip;
  for (const char* const ip :
       {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
        "192.169.0.0", "100.63.255.255", "100.128.0.0", "128.0.0.0", "8.8.8.8", "0.0.0.1",
        "2001:db8::1", "fbff::1", "fe00::1", "fec0::1", "::", "::2", "::ffff:8.8.8.8"})
    EXPECT_EQ(network_class_of(ip), "public") << ip;
  for (const char* const text : {"", "unix:", "10.0.0", "10.0.0.1/8", "localhost", "fe80::1%eth0"})
    EXPECT_EQ(network_class_of(text), "") << text;
}

}  // namespace
}  // namespace latchkey::service
