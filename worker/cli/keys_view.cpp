// SPDX-License-Identifier: Apache-2.0
#include "cli/keys_view.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/json_writer.h"
#include "base/timestamp.h"

namespace latchkey::cli {
namespace {

constexpr std::string_view kSecret = "JWT_SECRET_KEY";
constexpr std::size_t kColumns = 6;
using Cells = std::array<std::string, kColumns>;

std::string_view name_of(KeyState state) {
  switch (state) {
    case KeyState::kSigns:
      return "signs";
    case KeyState::kNotYet:
      return "not yet";
    case KeyState::kVerifies:
      break;
  }
  return "verifies";
}

// "2026-02-19 10:30:45Z"
std::string short_time(std::int64_t epoch_ms) {
  std::string text = base::format_timestamp(epoch_ms).substr(0, 19);
  text[10] = ' ';
  return text + "Z";
}

std::string_view place_of(const crypto::KeyListing& key) {
  return key.file.empty() ? kSecret : std::string_view(key.file);
}

std::string retirable(const KeyRow& row, const KeyTimes& times) {
  if (row.state == KeyState::kSigns) return "no";
  if (!row.retirable_from_ms) return "see docs/keys.md";
  return *row.retirable_from_ms <= times.now_ms ? "yes"
                                                : "from " + short_time(*row.retirable_from_ms);
}

Cells cells_of(const KeyRow& row, const KeyTimes& times) {
  const crypto::KeyListing& key = row.key;
  return {key.kid,
          std::string(key.algorithm->name) + "/" + std::to_string(key.bits),
          std::string(name_of(row.state)),
          key.signs_from_ms == 0 ? "-" : short_time(key.signs_from_ms),
          retirable(row, times),
          std::string(place_of(key))};
}

// Of the keys that may sign: the newest whose time has come, else the oldest (crypto/jws.h).
const crypto::KeyListing* signer_of(const std::vector<crypto::KeyListing>& keys,
                                    const crypto::JwsAlgorithm& signs_by, std::int64_t now_ms) {
  const crypto::KeyListing* signer = nullptr;
  for (const crypto::KeyListing& key : keys) {
    if (key.algorithm != &signs_by) continue;
    if (signer == nullptr || key.signs_from_ms <= now_ms) signer = &key;
  }
  return signer;
}

}  // namespace

std::vector<KeyRow> key_rows(const std::vector<crypto::KeyListing>& keys,
                             const crypto::JwsAlgorithm& signs_by, const KeyTimes& times) {
  const crypto::KeyListing* const signer = signer_of(keys, signs_by, times.now_ms);
  std::vector<KeyRow> rows;
  // From the newest to the oldest, so that the successor is the one seen last.
  std::optional<std::int64_t> successor_ms;
  for (std::size_t left = keys.size(); left > 0; --left) {
    const crypto::KeyListing& key = keys[left - 1];
    KeyRow row{.key = key, .state = KeyState::kVerifies, .retirable_from_ms = std::nullopt};
    if (&key == signer) {
      row.state = KeyState::kSigns;
    } else if (key.signs_from_ms > times.now_ms) {
      row.state = KeyState::kNotYet;
      row.retirable_from_ms = times.now_ms;
    } else if (key.algorithm == &signs_by && successor_ms) {
      row.retirable_from_ms = *successor_ms + times.token_lifetime_ms;
    }
    if (key.algorithm == &signs_by) successor_ms = key.signs_from_ms;
    rows.push_back(std::move(row));
  }
  std::ranges::reverse(rows);
  return rows;
}

std::string keys_table(const std::vector<KeyRow>& rows, const KeyTimes& times) {
  std::vector<Cells> lines{{"KID", "ALGORITHM", "STATE", "SIGNS FROM", "MAY BE RETIRED", "FILE"}};
  for (const KeyRow& row : rows) lines.push_back(cells_of(row, times));
  std::string text;
  for (const Cells& line : lines) {
    for (std::size_t column = 0; column + 1 < kColumns; ++column) {
      std::size_t width = 0;
      for (const Cells& other : lines) width = std::max(width, other.at(column).size());
      text += line.at(column) + std::string(width - line.at(column).size() + 2, ' ');
    }
    text += line.back() + "\n";
  }
  return text;
}

std::string keys_json(const std::vector<KeyRow>& rows) {
  std::string text;
  for (const KeyRow& row : rows) {
    base::JsonWriter json(text);
    const auto time = [&json](std::string_view name, std::optional<std::int64_t> at_ms) {
      json.key(name);
      if (at_ms) {
        json.string(base::format_timestamp(*at_ms));
      } else {
        json.null();
      }
    };
    json.begin_object();
    json.key("kid").string(row.key.kid);
    json.key("algorithm").string(row.key.algorithm->name).key("bits").integer(row.key.bits);
    json.key("state").string(name_of(row.state));
    time("signs_from",
         row.key.signs_from_ms == 0 ? std::nullopt : std::optional(row.key.signs_from_ms));
    time("retirable_from", row.retirable_from_ms);
    json.key("file");
    if (row.key.file.empty()) {
      json.null();
    } else {
      json.string(row.key.file);
    }
    json.end_object();
    text += '\n';
  }
  return text;
}

}  // namespace latchkey::cli
