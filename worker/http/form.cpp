// SPDX-License-Identifier: Apache-2.0
#include "http/form.h"

#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"

namespace latchkey::http {
namespace {

// A login has two fields, an OAuth client sends some more.
constexpr std::size_t kMaxFields = 32;

[[noreturn]] void refuse(std::string_view fault) {
  throw base::Error(base::ErrorCode::kInvalidJson,
                    "The request body is not a form that can be read: " + std::string(fault));
}

char decode_escape(std::string_view digits) {
  unsigned value = 0;
  if (digits.size() != 2) refuse("a percent escape is cut off");
  const auto parsed = std::from_chars(digits.data(), digits.data() + 2, value, 16);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + 2) {
    refuse("a percent escape is wrong");
  }
  return static_cast<char>(value);
}

std::string decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      out += decode_escape(text.substr(i + 1, 2));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  if (!base::is_valid_utf8(out)) refuse("it is not valid UTF-8");
  if (out.find('\0') != std::string::npos) refuse("it contains a NUL character");
  return out;
}

std::string_view take_field(std::string_view& rest) {
  const std::size_t end = rest.find('&');
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return field;
}

}  // namespace

base::JsonObject parse_form(std::string_view body) {
  std::vector<base::JsonMember> members;
  members.reserve(kMaxFields);  // never moved about: a moved short password would leave a copy
  while (!body.empty()) {
    const std::string_view field = take_field(body);
    if (field.empty()) continue;
    if (members.size() == kMaxFields) refuse("it has too many fields");
    const std::size_t equals = field.find('=');
    std::string name = decode(field.substr(0, equals));
    for (const base::JsonMember& known : members) {
      if (known.name == name) refuse("a field occurs twice");
    }
    const bool has_value = equals != std::string_view::npos;
    members.push_back({std::move(name), base::JsonKind::kString,
                       has_value ? decode(field.substr(equals + 1)) : std::string(), 0});
  }
  return base::JsonObject(std::move(members));
}

}  // namespace latchkey::http
