// SPDX-License-Identifier: Apache-2.0
#pragma once

// One layer of the configuration (environment, file or defaults), as Poco's LayeredConfiguration
// stacks them.
//
// Poco's MapConfiguration would keep secrets in strings that are freed unwiped, so this layer
// keeps them in Secrets. Keys are whole names of settings: a layer has no hierarchy.
//
// Runs in every process, at start. Owned by a Poco::AutoPtr.

#include <map>
#include <string>

#include <Poco/Util/AbstractConfiguration.h>

#include "base/secret.h"

namespace latchkey::config {

class Layer final : public Poco::Util::AbstractConfiguration {
 public:
  void put(const std::string& name, base::Secret value) { values_[name] = std::move(value); }
  // In place of has(), which makes a copy of the value to throw it away unwiped.
  [[nodiscard]] bool holds(const std::string& name) const { return values_.contains(name); }

 protected:
  ~Layer() override = default;  // by release()

  bool getRaw(const std::string& key, std::string& value) const override {
    const auto found = values_.find(key);
    if (found == values_.end()) return false;
    value = found->second.reveal();
    return true;
  }
  void setRaw(const std::string& key, const std::string& value) override {
    put(key, base::Secret(std::string_view(value)));
  }
  void enumerate(const std::string& key, Keys& range) const override {
    if (!key.empty()) return;
    for (const auto& [name, value] : values_) range.push_back(name);
  }

 private:
  std::map<std::string, base::Secret> values_;
};

}  // namespace latchkey::config
