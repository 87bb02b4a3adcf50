// SPDX-License-Identifier: Apache-2.0
#include "base/json_reader.h"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_scan.h"
#include "base/secret.h"

namespace latchkey::base {
namespace {

[[noreturn]] void refuse(std::string_view fault) {
  throw Error(ErrorCode::kInvalidJson,
              "The request body is not a JSON object that can be read: " + std::string(fault));
}

// Collects the members of the outermost object, and the keys of every level to find duplicates. As
// nlohmann::json_sax has it, but for any class with these functions; false stops the parser.
class MemberCollector {
 public:
  bool start_object(std::size_t /*unknown*/) {
    add({{}, JsonKind::kObject, {}, 0});
    keys_.emplace_back();
    return true;
  }
  bool end_object() {
    keys_.pop_back();
    return true;
  }
  bool start_array(std::size_t /*unknown*/) {
    add({{}, JsonKind::kArray, {}, 0});
    ++open_arrays_;
    return true;
  }
  bool end_array() {
    --open_arrays_;
    return true;
  }
  bool key(const std::string& name) {
    std::vector<std::string>& known = keys_.back();
    has_duplicate_ = std::ranges::find(known, name) != known.end();
    if (!has_duplicate_) known.push_back(name);
    return !has_duplicate_;
  }
  bool null() { return add({{}, JsonKind::kNull, {}, 0}); }
  bool boolean(bool truth) { return add({{}, JsonKind::kBoolean, {}, truth ? 1 : 0}); }
  bool number_integer(std::int64_t number) { return add({{}, JsonKind::kInteger, {}, number}); }
  bool number_unsigned(std::uint64_t number) {
    if (number > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
      return add({{}, JsonKind::kNumber, {}, 0});
    return number_integer(static_cast<std::int64_t>(number));
  }
  bool number_float(double /*number*/, const std::string& /*text*/) {
    return add({{}, JsonKind::kNumber, {}, 0});
  }
  bool string(const std::string& text) { return add({{}, JsonKind::kString, text, 0}); }
  static bool binary(const nlohmann::json::binary_t& /*not of JSON*/) { return false; }
  // What the parser says quotes the text: it stays there.
  static bool parse_error(std::size_t /*place*/, const std::string& /*token*/,
                          const nlohmann::json::exception& /*error*/) {
    return false;
  }

  [[nodiscard]] bool has_duplicate() const { return has_duplicate_; }
  std::vector<JsonMember> take_members() { return std::move(members_); }

 private:
  bool add(JsonMember member) {
    if (keys_.size() != 1 || open_arrays_ != 0) return true;
    member.name = keys_.back().back();
    members_.push_back(std::move(member));
    return true;
  }

  std::vector<std::vector<std::string>> keys_;  // one list for each open object
  std::size_t open_arrays_ = 0;
  bool has_duplicate_ = false;
  std::vector<JsonMember> members_;
};

bool starts_with_object(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

}  // namespace

JsonObject::~JsonObject() {
  for (JsonMember& member : members_) wipe(member.text);
}

const JsonMember* JsonObject::find(std::string_view name) const {
  for (const JsonMember& member : members_) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

std::optional<std::string_view> JsonObject::find_string(std::string_view name) const {
  const JsonMember* const member = find(name);
  if (member == nullptr || member->kind != JsonKind::kString) return std::nullopt;
  return member->text;
}

std::optional<std::int64_t> JsonObject::find_integer(std::string_view name) const {
  const JsonMember* const member = find(name);
  if (member == nullptr || member->kind != JsonKind::kInteger) return std::nullopt;
  return member->integer;
}

JsonObject parse_json_object(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) refuse("it is too large");
  if (!starts_with_object(text)) refuse("it is not an object");
  const std::string_view fault = find_json_fault(text, limits.max_depth);
  if (!fault.empty()) refuse(fault);

  MemberCollector collector;
  const bool is_whole = nlohmann::json::sax_parse(text.begin(), text.end(), &collector);
  JsonObject object(collector.take_members());  // which wipes them
  if (collector.has_duplicate()) refuse("a key occurs twice");
  if (!is_whole) refuse("its syntax is wrong");
  return object;
}

}  // namespace latchkey::base
