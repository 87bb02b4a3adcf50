// SPDX-License-Identifier: Apache-2.0
#include "config/checks.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstddef>
#include <netinet/in.h>
#include <set>

#include "base/utf8.h"
#include "crypto/blocklist.h"

namespace latchkey::config {
namespace {

using Fault = std::optional<std::string>;

constexpr std::size_t kMinSecretKeyBytes = 32;
constexpr std::size_t kMinDistinctBytes = 8;
constexpr std::size_t kMaxRepeatedBytes = 16;
constexpr std::size_t kMaxIssuerBytes = 255;
// A socket's path has at most 107 bytes, and the longest name in the directory is short.
constexpr std::size_t kMaxRuntimeDirBytes = 90;
constexpr std::size_t kMaxNetworksBytes = 4096;

constexpr std::size_t kMaxKeysDirBytes = 1024;

constexpr std::string_view kLowerCase = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kUpperCase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kSpace = " \t\r\n";

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool has_control(std::string_view text) { return std::ranges::any_of(text, is_control); }

bool consists_of(std::string_view text, std::string_view set, std::string_view more = {}) {
  return std::ranges::all_of(text, [set, more](char c) {
    return set.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos;
  });
}

std::size_t skip(std::string_view text, std::string_view set, std::size_t from) {
  return std::min(text.find_first_not_of(set, from), text.size());
}

// The end of the value that starts at `from` in libpq's key=value form; npos if its quote is open.
std::size_t end_of_value(std::string_view text, std::size_t from) {
  const bool quoted = from < text.size() && text[from] == '\'';
  for (std::size_t at = quoted ? from + 1 : from; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (quoted && text[at] == '\'') {
      return at + 1;
    } else if (!quoted && kSpace.find(text[at]) != std::string_view::npos) {
      return at;
    }
  }
  return quoted ? std::string_view::npos : text.size();
}

// One or more of  keyword = value | keyword = 'value'  (libpq, "Connection Strings").
bool is_key_value_pairs(std::string_view text) {
  std::size_t at = skip(text, kSpace, 0);
  if (at == text.size()) return false;
  while (at < text.size()) {
    const std::size_t key_end = std::min(text.find_first_of(" \t\r\n=", at), text.size());
    if (key_end == at || !consists_of(text.substr(at, key_end - at), kLowerCase, "_")) return false;
    const std::size_t equals = skip(text, kSpace, key_end);
    if (equals == text.size() || text[equals] != '=') return false;
    const std::size_t value_end = end_of_value(text, skip(text, kSpace, equals + 1));
    if (value_end == std::string_view::npos) return false;
    at = skip(text, kSpace, value_end);
  }
  return true;
}

// Is it "abcabcab", with a block that is short?
bool is_short_block_repeated(std::string_view text) {
  for (std::size_t length = 1; length <= kMaxRepeatedBytes && 2 * length <= text.size(); ++length) {
    if (text.substr(length) == text.substr(0, text.size() - length)) return true;
  }
  return false;
}

bool is_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535 &&
         text.front() != '0';
}

Fault check_host_and_port(std::string_view scheme, std::string_view authority) {
  std::size_t host_end = 0;
  if (authority.starts_with('[')) {
    host_end = authority.find(']');
    if (host_end == std::string_view::npos ||
        !consists_of(authority.substr(1, host_end - 1), "0123456789abcdef:.")) {
      return "has a broken IPv6 address";
    }
    ++host_end;
  } else {
    host_end = std::min(authority.find(':'), authority.size());
    if (host_end == 0) return "has no host";
    if (!consists_of(authority.substr(0, host_end), kLowerCase, "0123456789.-")) {
      return "has characters in its host that no host name has";
    }
  }
  const std::string_view port = authority.substr(host_end);
  if (port.empty()) return std::nullopt;
  if (port.front() != ':' || !is_port(port.substr(1))) return "has a port that is none";
  if ((scheme == "https" && port == ":443") || (scheme == "http" && port == ":80")) {
    return "names the default port, which browsers leave out";
  }
  return std::nullopt;
}

bool is_hex_digit(char c) {
  return std::string_view("0123456789abcdefABCDEF").find(c) != std::string_view::npos;
}

// A password with '@', '/' or '%' that was not escaped makes libpq take parts of it for a host or
// a port, and quote them in its messages.
Fault check_uri_escapes(std::string_view rest) {
  const std::string_view before_query = rest.substr(0, rest.find('?'));
  const std::size_t at = before_query.find('@');
  const bool has_second_at = at != before_query.rfind('@');
  const bool has_late_at = at != std::string_view::npos && before_query.find('/') < at;
  if (has_second_at || has_late_at) {
    return "has a user or password with an @ or / in it (write them as %40 and %2F)";
  }
  for (std::size_t i = rest.find('%'); i != std::string_view::npos; i = rest.find('%', i + 1)) {
    if (i + 2 >= rest.size() || !is_hex_digit(rest[i + 1]) || !is_hex_digit(rest[i + 2])) {
      return "has a % that begins no escape (write it as %25)";
    }
  }
  return std::nullopt;
}

}  // namespace

Fault check_database_url(std::string_view text) {
  if (text.starts_with("postgresql://") || text.starts_with("postgres://")) {
    if (has_control(text) || text.find(' ') != std::string_view::npos) {
      return "has a space or a control character (write it as %20 or the like)";
    }
    return check_uri_escapes(text.substr(text.find("//") + 2));
  }
  if (text.find('\0') != std::string_view::npos || !is_key_value_pairs(text)) {
    return "is neither a postgresql:// URI nor key=value pairs";
  }
  return std::nullopt;
}

Fault check_secret_key(std::string_view text) {
  if (text.size() < kMinSecretKeyBytes) {
    return "is too short: it has " + std::to_string(text.size()) + " bytes";
  }
  if (std::set<char>(text.begin(), text.end()).size() < kMinDistinctBytes) {
    return "is too easy to guess: it is made of fewer than 8 different characters";
  }
  if (is_short_block_repeated(text)) {
    return "is too easy to guess: it is a short text repeated";
  }
  return std::nullopt;
}

Fault check_keys_dir(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (!text.starts_with('/')) return "is not an absolute path";
  if (text.size() > kMaxKeysDirBytes) return "is too long";
  if (!base::is_valid_utf8(text)) return "is not UTF-8";
  if (has_control(text)) return "has a control character";
  return std::nullopt;
}

Fault check_issuer(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text.size() > kMaxIssuerBytes) return "is too long";
  if (!base::is_valid_utf8(text)) return "is not UTF-8";
  if (has_control(text)) return "has a control character";
  return std::nullopt;
}

Fault check_runtime_dir(std::string_view text) {
  if (!text.starts_with('/')) return "is not an absolute path";
  if (text.size() > kMaxRuntimeDirBytes) return "is too long: the path of a socket has 107 bytes";
  if (has_control(text)) return "has a control character";
  return std::nullopt;
}

Fault check_blocklist(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (!text.starts_with('/')) return "is not an absolute path";
  if (text.find('\0') != std::string_view::npos || has_control(text))
    return "has a control character";
  try {
    const crypto::Blocklist opened{std::string(text)};
    return std::nullopt;
  } catch (const crypto::BlocklistFault& fault) {
    return fault.what();
  }
}

Fault check_network(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string address(text.substr(0, slash));
  in6_addr parsed{};
  const bool is_v6 = inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
  if (!is_v6 && inet_pton(AF_INET, address.c_str(), &parsed) != 1) return "has no IP address";
  if (slash == text.size()) return std::nullopt;
  const std::string_view digits = text.substr(slash + 1);
  int length = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc() || end != digits.data() + digits.size() || length < 0 ||
      length > (is_v6 ? 128 : 32)) {
    return "has a prefix length that is none";
  }
  return std::nullopt;
}

Fault check_networks(std::string_view text) {
  if (text.size() > kMaxNetworksBytes) return "is too long";
  if (text.empty()) return std::nullopt;
  for (;;) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view network = text.substr(0, comma);
    network.remove_prefix(skip(network, kSpace, 0));
    if (Fault wrong = check_network(network)) return wrong;
    if (comma == text.size()) return std::nullopt;
    text.remove_prefix(comma + 1);
  }
}

Fault check_origin(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text.find('*') != std::string_view::npos) {
    return "has a wildcard: credentials go to listed origins only, so name each one";
  }
  if (text.find_first_of(kUpperCase) != std::string_view::npos) {
    return "has upper-case letters, which browsers do not send";
  }
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) return "has no scheme such as https://";
  const std::string_view scheme = text.substr(0, colon);
  if (kLowerCase.find(scheme.front()) == std::string_view::npos ||
      !consists_of(scheme, kLowerCase, "0123456789+.-")) {
    return "has characters in its scheme that no scheme has";
  }
  const std::string_view authority = text.substr(colon + 3);
  if (authority.ends_with('/') && authority.find('/') == authority.size() - 1) {
    return "ends with a slash, which browsers do not send";
  }
  if (authority.find_first_of("/?#") != std::string_view::npos) return "has a path";
  if (authority.find('@') != std::string_view::npos) return "has a user name";
  return check_host_and_port(scheme, authority);
}

}  // namespace latchkey::config
