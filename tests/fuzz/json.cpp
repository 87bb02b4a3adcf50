// SPDX-License-Identifier: Apache-2.0
//
// The JSON reader. What it accepts is UTF-8 without NUL, has no name twice, stays within the
// limits, and reads the same once more after it was written again. What it refuses is the client's
// fault, and the answer does not repeat it.
#include <set>
#include <string>

#include "base/error.h"
#include "base/json_reader.h"
#include "base/json_writer.h"
#include "base/utf8.h"
#include "check.h"

using latchkey::base::JsonKind;
using latchkey::base::JsonMember;
using latchkey::base::JsonObject;
using latchkey::fuzz::claim;

namespace {

bool is_clean(std::string_view text) {
  return latchkey::base::is_valid_utf8(text) && text.find('\0') == std::string_view::npos;
}

// Members that keep their value; the others keep their kind only.
std::string write(const JsonObject& object) {
  std::string text;
  latchkey::base::JsonWriter json(text);
  json.begin_object();
  for (const JsonMember& member : object.members()) {
    json.key(member.name);
    switch (member.kind) {
      case JsonKind::kNull:
        json.null();
        break;
      case JsonKind::kBoolean:
        json.boolean(member.integer != 0);
        break;
      case JsonKind::kInteger:
        json.integer(member.integer);
        break;
      case JsonKind::kNumber:
        json.decimal(0.5);
        break;
      case JsonKind::kString:
        json.string(member.text);
        break;
      case JsonKind::kArray:
        json.begin_array().end_array();
        break;
      case JsonKind::kObject:
        json.begin_object().end_object();
        break;
    }
  }
  json.end_object();
  return text;
}

void check_accepted(const JsonObject& object) {
  std::set<std::string_view> names;
  for (const JsonMember& member : object.members()) {
    claim(is_clean(member.name) && is_clean(member.text), "accepted text is UTF-8 without NUL");
    claim(names.insert(member.name).second, "no name occurs twice");
    claim(object.find(member.name) == &member, "a member is found by its name");
  }
  // Escapes may make it longer than what came.
  const JsonObject again =
      latchkey::base::parse_json_object(write(object), {.max_bytes = std::size_t{1} << 20});
  claim(again.members().size() == object.members().size(), "as many members the second time");
  for (std::size_t i = 0; i < object.members().size(); ++i) {
    const JsonMember& first = object.members()[i];
    const JsonMember& second = again.members()[i];
    claim(first.name == second.name && first.kind == second.kind && first.text == second.text &&
              first.integer == second.integer,
          "it reads the same after it was written again");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = latchkey::fuzz::text_of(data, size);
  const latchkey::base::JsonLimits limits;
  try {
    const JsonObject object = latchkey::base::parse_json_object(text, limits);
    claim(size <= limits.max_bytes, "the limit of size is kept");
    check_accepted(object);
  } catch (const latchkey::base::Error& error) {
    claim(error.code() == latchkey::base::ErrorCode::kInvalidJson, "a refusal is INVALID_JSON");
    claim(error.detail().size() < 120, "a refusal does not repeat the text");
  }
  return 0;
}
