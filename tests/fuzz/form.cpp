// SPDX-License-Identifier: Apache-2.0
//
// The reader of application/x-www-form-urlencoded. What it accepts has at most 32 fields, no name
// twice, is UTF-8 without NUL, and reads the same after every byte of it was escaped.
#include "http/form.h"

#include <set>
#include <string>

#include "base/error.h"
#include "base/utf8.h"
#include "check.h"

using latchkey::base::JsonMember;
using latchkey::base::JsonObject;
using latchkey::fuzz::claim;

namespace {

void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    out += '%';
    out += kDigits[value >> 4U];
    out += kDigits[value & 0xFU];
  }
}

std::string escaped(const JsonObject& form) {
  std::string text;
  for (const JsonMember& field : form.members()) {
    append_escaped(text, field.name);
    text += '=';
    append_escaped(text, field.text);
    text += '&';
  }
  return text;
}

void check_accepted(const JsonObject& form) {
  std::set<std::string_view> names;
  claim(form.members().size() <= 32, "at most 32 fields");
  for (const JsonMember& field : form.members()) {
    for (const std::string& text : {field.name, field.text}) {
      claim(latchkey::base::is_valid_utf8(text) && text.find('\0') == std::string::npos,
            "accepted text is UTF-8 without NUL");
    }
    claim(field.kind == latchkey::base::JsonKind::kString, "a field is a string");
    claim(names.insert(field.name).second, "no name occurs twice");
  }
  const JsonObject again = latchkey::http::parse_form(escaped(form));
  claim(again.members().size() == form.members().size(), "as many fields the second time");
  for (std::size_t i = 0; i < form.members().size(); ++i) {
    claim(again.members()[i].name == form.members()[i].name &&
              again.members()[i].text == form.members()[i].text,
          "it reads the same after it was escaped");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    check_accepted(latchkey::http::parse_form(latchkey::fuzz::text_of(data, size)));
  } catch (const latchkey::base::Error& error) {
    claim(error.code() == latchkey::base::ErrorCode::kInvalidJson, "a refusal is INVALID_JSON");
    claim(error.detail().size() < 120, "a refusal does not repeat the text");
  }
  return 0;
}
