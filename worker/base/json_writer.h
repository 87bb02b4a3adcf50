// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writes JSON (RFC 8259) to the end of a string, in the order of the calls.
//
// It is on the path of every response and every log line, so it appends and never builds a tree.
// Text that is not UTF-8 is written with U+FFFD in place of each bad byte: a log line must be
// readable whatever a client sent.
//
// Runs in every process. Calls that do not nest are a bug of the caller; the tests parse what
// comes out.

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::base {

class JsonWriter {
 public:
  // Appends to `out`, which must outlive the writer.
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);

  JsonWriter& string(std::string_view text);
  JsonWriter& integer(std::int64_t number);
  // With three decimals, as durations in milliseconds are written.
  JsonWriter& decimal(double number);
  JsonWriter& boolean(bool truth);
  JsonWriter& null();

 private:
  void separate();

  std::string& out_;
  bool comma_due_ = false;
};

// `text` as a JSON string, quotes included.
void append_json_string(std::string& out, std::string_view text);

}  // namespace latchkey::base
