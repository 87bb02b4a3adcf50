// SPDX-License-Identifier: Apache-2.0
#include "base/json_reader.h"

#include <limits>

#include <Poco/Exception.h>
#include <Poco/JSON/Handler.h>
#include <Poco/JSON/Parser.h>

#include "base/error.h"
#include "base/json_scan.h"
#include "base/secret.h"

namespace latchkey::base {
namespace {

[[noreturn]] void refuse(std::string_view fault) {
  throw Error(ErrorCode::kInvalidJson,
              "The request body is not a JSON object that can be read: " + std::string(fault));
}

// Thrown through Poco's parser to stop it; anything derived from Poco::Exception would do.
class DuplicateKey : public Poco::Exception {
 public:
  DuplicateKey() : Poco::Exception("duplicate key") {}
};

// Collects the members of the outermost object, and the keys of every level to find duplicates.
class MemberCollector final : public Poco::JSON::Handler {
 public:
  void reset() override {}
  void startObject() override {
    add({{}, JsonKind::kObject, {}, 0});
    keys_.emplace_back();
  }
  void endObject() override { keys_.pop_back(); }
  void startArray() override {
    add({{}, JsonKind::kArray, {}, 0});
    ++open_arrays_;
  }
  void endArray() override { --open_arrays_; }
  void key(const std::string& name) override {
    for (const std::string& known : keys_.back()) {
      if (known == name) throw DuplicateKey();
    }
    keys_.back().push_back(name);
  }
  void null() override { add({{}, JsonKind::kNull, {}, 0}); }
  void value(int number) override { add({{}, JsonKind::kInteger, {}, number}); }
  void value(unsigned number) override { add({{}, JsonKind::kInteger, {}, number}); }
  void value(Poco::Int64 number) override { add({{}, JsonKind::kInteger, {}, number}); }
  void value(Poco::UInt64 number) override {
    if (number > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
      add({{}, JsonKind::kNumber, {}, 0});
    } else {
      add({{}, JsonKind::kInteger, {}, static_cast<std::int64_t>(number)});
    }
  }
  void value(const std::string& text) override { add({{}, JsonKind::kString, text, 0}); }
  void value(double /*number*/) override { add({{}, JsonKind::kNumber, {}, 0}); }
  void value(bool truth) override { add({{}, JsonKind::kBoolean, {}, truth ? 1 : 0}); }

  std::vector<JsonMember> take_members() { return std::move(members_); }

 private:
  void add(JsonMember member) {
    if (keys_.size() != 1 || open_arrays_ != 0) return;
    member.name = keys_.back().back();
    members_.push_back(std::move(member));
  }

  std::vector<std::vector<std::string>> keys_;  // one list for each open object
  std::size_t open_arrays_ = 0;
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

  Poco::SharedPtr<MemberCollector> collector(new MemberCollector);
  try {
    Poco::JSON::Parser parser(collector);
    std::string copy(text);
    parser.parse(copy);
    wipe(copy);
  } catch (const DuplicateKey&) {
    refuse("a key occurs twice");
  } catch (const std::exception&) {
    // The parser's own message quotes the text: it stays here.
    refuse("its syntax is wrong");
  }
  return JsonObject(collector->take_members());
}

}  // namespace latchkey::base
