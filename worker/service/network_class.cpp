// SPDX-License-Identifier: Apache-2.0
#include "service/network_class.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace latchkey::service {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

// An IPv4 address stands here as it is mapped into IPv6 (RFC 4291, section 2.5.5.2).
constexpr Bytes kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr int kMappedBits = 96;

struct Network {
  Bytes prefix;
  int bits;
  std::string_view name;
};

constexpr Network v4(std::uint8_t a, std::uint8_t b, int bits, std::string_view name) {
  Bytes prefix = kMapped;
  prefix[12] = a;
  prefix[13] = b;
  return {prefix, kMappedBits + bits, name};
}

constexpr std::array kNetworks{
    v4(127, 0, 8, "local"),
    v4(10, 0, 8, "private"),
    v4(172, 16, 12, "private"),
    v4(192, 168, 16, "private"),
    v4(169, 254, 16, "private"),
    v4(100, 64, 10, "private"),
    Network{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, "local"},
    Network{{0xFC}, 7, "private"},
    Network{{0xFE, 0x80}, 10, "private"},
};

bool is_in(const Bytes& address, const Network& network) {
  for (int bit = 0; bit < network.bits; bit += 8) {
    const int bits = std::min(8, network.bits - bit);
    const auto mask = static_cast<std::uint8_t>(0xFF << (8 - bits));
    const auto at = static_cast<std::size_t>(bit / 8);
    if (((address.at(at) ^ network.prefix.at(at)) & mask) != 0) return false;
  }
  return true;
}

bool parse(const std::string& ip, Bytes& address) {
  if (inet_pton(AF_INET6, ip.c_str(), address.data()) == 1) return true;
  address = kMapped;
  return inet_pton(AF_INET, ip.c_str(), std::span(address).subspan<12>().data()) == 1;
}

}  // namespace

std::string_view network_class_of(std::string_view ip) {
  Bytes address{};
  if (!parse(std::string(ip), address)) return {};
  for (const Network& network : kNetworks) {
    if (is_in(address, network)) return network.name;
  }
  return "public";
}

}  // namespace latchkey::service
