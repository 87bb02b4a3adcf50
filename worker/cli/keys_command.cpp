// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/timestamp.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/keys_view.h"
#include "cli/verbs.h"
#include "config/key_check.h"
#include "config/load.h"
#include "config/values.h"
#include "crypto/followed_keys.h"
#include "crypto/key_directory.h"
#include "crypto/key_file.h"

namespace latchkey::cli {
namespace {

using std::chrono::milliseconds;

// By then every worker of the node has looked, so all of them begin to sign with it as one.
constexpr milliseconds kSoon{2 * crypto::kKeyLookEveryMs};
constexpr milliseconds kLongestWait = std::chrono::hours(24 * 366);
constexpr int kMaxBits = 65'536;

// What every verb looks at.
class KeyOffice {
 public:
  explicit KeyOffice(const Arguments& arguments)
      : settings_(
            config::load(environ, arguments.value("config"), config::Required::kMayBeMissing)),
        reading_(crypto::read_keys(config::key_source_of(settings_))),
        times_{.now_ms = base::SystemClock().wall_ms(),
               .token_lifetime_ms =
                   std::max(settings_.access_token_lifetime, settings_.refresh_token_lifetime)
                       .count()} {}

  [[nodiscard]] const std::string& directory() const {
    if (settings_.jwt_keys_dir.empty()) {
      throw config::ConfigurationError(
          {"JWT_KEYS_DIR: is required: name the directory that the keys are to be in"});
    }
    return settings_.jwt_keys_dir;
  }

  [[nodiscard]] const crypto::JwsAlgorithm& algorithm() const { return *settings_.jwt_algorithm; }
  [[nodiscard]] const std::vector<crypto::KeyListing>& keys() const { return reading_.keys; }
  [[nodiscard]] const KeyTimes& times() const { return times_; }
  [[nodiscard]] std::vector<KeyRow> rows() const {
    return key_rows(reading_.keys, algorithm(), times_);
  }

  // What workers would say too. That there is no key may be so for this command only: a credential
  // of the service is for the service.
  [[nodiscard]] bool warn() const {
    for (const std::string& fault : reading_.faults)
      std::fprintf(stderr, "latchkey: %s\n", fault.c_str());
    for (const std::string& name : reading_.ignored)
      std::fprintf(stderr, "latchkey: %s is no key and passed over\n", name.c_str());
    return !reading_.faults.empty() && !reading_.lacks_signer;
  }

 private:
  config::Settings settings_;
  crypto::KeyReading reading_;
  KeyTimes times_;
};

int refuse(const std::string& why) {
  std::fprintf(stderr, "latchkey: %s\n", why.c_str());
  return kExitData;
}

const crypto::JwsAlgorithm& wanted_algorithm(const Arguments& arguments, const KeyOffice& office) {
  const auto name = arguments.value("algorithm");
  if (!name) return office.algorithm();
  const auto* const algorithm = crypto::find_jws_algorithm(*name);
  if (algorithm == nullptr) throw UsageError("--algorithm takes HS256, ES256, EdDSA or RS256");
  return *algorithm;
}

int wanted_bits(const Arguments& arguments, const crypto::JwsAlgorithm& algorithm) {
  const crypto::KeySizes& sizes = algorithm.sizes;
  const int bits = arguments.number("bits", sizes.usual_bits, 1, kMaxBits);
  if (bits < sizes.min_bits || bits > sizes.max_bits || bits % 8 != 0) {
    throw UsageError("--bits of " + std::string(algorithm.name) + ": " +
                     std::to_string(sizes.min_bits) +
                     (sizes.min_bits == sizes.max_bits
                          ? " and nothing else"
                          : " to " + std::to_string(sizes.max_bits) + ", a multiple of 8"));
  }
  return bits;
}

milliseconds wanted_delay(const Arguments& arguments) {
  const auto text = arguments.value("signs-in");
  if (!text) return kSoon;
  const auto delay = config::parse_duration(*text, std::chrono::seconds(1));
  if (!delay || *delay > kLongestWait) throw UsageError("--signs-in takes a duration such as 10m");
  return std::max(*delay, kSoon);
}

struct NewKey {
  base::Secret material;
  std::string kid;
};

// A name that begins with a dash would be taken for an option by whoever is given it.
NewKey make_key(const crypto::JwsAlgorithm& algorithm, int bits) {
  for (;;) {
    base::Secret material = algorithm.generate(bits);
    std::string kid = algorithm.make_key(material)->thumbprint();
    if (!kid.starts_with('-')) return {std::move(material), std::move(kid)};
  }
}

int generate(const Words& words) {
  const Arguments arguments(words, {{"config"}, {"algorithm"}, {"bits"}, {"signs-in"}});
  if (!arguments.positional().empty()) throw UsageError("keys generate takes options only");
  const KeyOffice office(arguments);
  const crypto::JwsAlgorithm& algorithm = wanted_algorithm(arguments, office);
  const int bits = wanted_bits(arguments, algorithm);
  const milliseconds delay = wanted_delay(arguments);
  if (office.keys().size() >= crypto::kMaxKeys)
    return refuse("there are too many keys: retire some");

  const NewKey made = make_key(algorithm, bits);
  const crypto::KeyFileName name{office.times().now_ms + delay.count(), &algorithm};
  crypto::write_key_file(office.directory(), name, made.material);
  std::printf("The key %s is in %s/%s.\n", made.kid.c_str(), office.directory().c_str(),
              name.text().c_str());
  if (&algorithm == &office.algorithm()) {
    std::printf("It signs from %s on.\n", base::format_timestamp(name.signs_from_ms).c_str());
  } else {
    std::printf("It only verifies: JWT_ALGORITHM is %s.\n",
                std::string(office.algorithm().name).c_str());
  }
  return kExitOk;
}

int list(const Words& words) {
  const Arguments arguments(words, {{"config"}, {"json", false}});
  if (!arguments.positional().empty()) throw UsageError("keys list takes options only");
  const KeyOffice office(arguments);
  const std::vector<KeyRow> rows = office.rows();
  std::fputs((arguments.has("json") ? keys_json(rows) : keys_table(rows, office.times())).c_str(),
             stdout);
  return office.warn() ? kExitData : kExitOk;
}

// Why the key should stay, unless everybody whose tokens it signed is to log in again.
std::string objection(const KeyRow& row, const KeyTimes& times) {
  if (row.state == KeyState::kSigns) return "it signs: make another one first";
  if (!row.retirable_from_ms) {
    return "only you know until when JWT_ALGORITHM was " + std::string(row.key.algorithm->name) +
           ", and so whether tokens by it are still good";
  }
  if (*row.retirable_from_ms <= times.now_ms) return {};
  return "tokens by it are good until " + base::format_timestamp(*row.retirable_from_ms);
}

int retire(const Words& words) {
  const Arguments arguments(words, {{"config"}, {"force", false}});
  if (arguments.positional().size() != 1) throw UsageError("keys retire needs one KID or FILE");
  const std::string& wanted = arguments.positional().front();
  const KeyOffice office(arguments);
  const std::vector<KeyRow> rows = office.rows();
  const auto row = std::ranges::find_if(rows, [&wanted](const KeyRow& other) {
    return other.key.kid == wanted || (!other.key.file.empty() && other.key.file == wanted);
  });
  if (row == rows.end()) return refuse("there is no key " + wanted + "; see latchkey keys list");
  const crypto::KeyListing& key = row->key;
  if (key.file.empty()) {
    return refuse(
        "that key is JWT_SECRET_KEY: take it out of the settings and restart the workers");
  }
  const auto of_algorithm = std::ranges::count(
      rows, key.algorithm, [](const KeyRow& other) { return other.key.algorithm; });
  if (key.algorithm == &office.algorithm() && of_algorithm == 1) {
    return refuse("it is the only key of " + std::string(key.algorithm->name) +
                  ": make another one first, with latchkey keys generate");
  }
  const std::string why_not = objection(*row, office.times());
  if (!why_not.empty() && !arguments.has("force")) {
    return refuse(why_not + " (--force: those who have them must log in again)");
  }
  crypto::retire_key_file(office.directory(), key.file);
  std::printf("%s is in %s/retired. Workers of this node refuse its tokens within %lld s.\n",
              key.file.c_str(), office.directory().c_str(),
              static_cast<long long>(crypto::kKeyLookEveryMs / 1000));
  if (KeyOffice(arguments).warn()) {
    return refuse("workers may go on with the keys that they have until this is mended");
  }
  return kExitOk;
}

constexpr std::array kVerbs{Verb{"generate", generate}, Verb{"list", list}, Verb{"retire", retire}};

}  // namespace

int keys(const Words& words) { return run_verb(kVerbs, words, keys_usage()); }

std::string keys_usage() {
  return R"(latchkey keys VERB ... [--config FILE]
    Looks after the keys of JWT_KEYS_DIR, which sign the tokens. The newest key of JWT_ALGORITHM
    signs, all verify, a retired one does not. Workers notice by themselves, within a second.
      generate [--algorithm NAME] [--bits N] [--signs-in DURATION]
          a new key, of JWT_ALGORITHM unless said otherwise; prints its kid and its file
      list [--json]
          every key: what it does, since when, and when no token by it is good any more
      retire KID|FILE [--force]
          moves a key to retired/ below the directory; not the only one of JWT_ALGORITHM
    Options:
      --config FILE        read the settings from FILE too (the environment goes first)
      --algorithm NAME     HS256, ES256, EdDSA or RS256
      --bits N             of RS256: 2048 to 4096, 3072 unless said otherwise
      --signs-in DURATION  sign no sooner: with several nodes, time to copy the file to all of them
      --json               for programs: one JSON object a line
      --force              retire a key although tokens by it are still good, as after a leak
    Exit status: 0 done; 64 usage; 65 refused, or a key cannot be read; 70 the files cannot be
    changed; 78 the settings are wrong.)";
}

}  // namespace latchkey::cli
