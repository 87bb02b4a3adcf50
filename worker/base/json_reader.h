// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads a JSON object (RFC 8259) that a stranger wrote, strictly.
//
// The parser of nlohmann/json checks the grammar; what it lets through is refused before or after
// it: text that is not UTF-8, NUL characters in any spelling, escapes of lone surrogates, keys that
// occur twice at any level, nesting and size past the limits, anything after the object.
//
// The result keeps the members of the object itself. Members of inner objects and arrays are
// checked and dropped: no body of this service nests.
//
// Runs in workers. Text that cannot be read: Error(kInvalidJson) whose detail names the fault and
// never repeats the text.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::base {

struct JsonLimits {
  std::size_t max_bytes = std::size_t{16} * 1024;
  std::size_t max_depth = 16;
};

enum class JsonKind { kNull, kBoolean, kInteger, kNumber, kString, kArray, kObject };

struct JsonMember {
  std::string name;
  JsonKind kind = JsonKind::kNull;
  std::string text;  // of a kString
  // Of a kInteger; a whole number past 64 bits is a kNumber. Of a kBoolean: 0 or 1.
  std::int64_t integer = 0;
};

class JsonObject {
 public:
  explicit JsonObject(std::vector<JsonMember> members) : members_(std::move(members)) {}
  // What it held is wiped: it may have been a password.
  ~JsonObject();
  JsonObject(JsonObject&&) = default;
  JsonObject& operator=(JsonObject&&) = default;
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  // nullptr if there is no such member.
  [[nodiscard]] const JsonMember* find(std::string_view name) const;
  // The text of a string member, the value of an integer member; nullopt for any other kind.
  [[nodiscard]] std::optional<std::string_view> find_string(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> find_integer(std::string_view name) const;
  // All of them, in the order of the text.
  [[nodiscard]] const std::vector<JsonMember>& members() const { return members_; }

 private:
  std::vector<JsonMember> members_;
};

JsonObject parse_json_object(std::string_view text, const JsonLimits& limits = {});

}  // namespace latchkey::base
