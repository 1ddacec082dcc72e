// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "cli/config/config.h"
#include "tests/support/temp_folder.h"

namespace shoal::config {

/// A folder of its own, removed at the end.
class Folder : private tests::TempFolder {
 public:
  [[nodiscard]] std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return *this / name; }
};

/// An environment of these variables only.
inline Environment environment_of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

/// The setting of that key as `shoal config show` has it.
inline ShownSetting shown(const Loaded& loaded, const std::string& key) {
  for (const auto& setting : loaded.settings) {
    if (setting.key == key) return setting;
  }
  ADD_FAILURE() << "no setting " << key;
  return {};
}

/// A friend's URL that is well formed; `n` tells one from another.
inline std::string friend_url(unsigned char n) {
  PeerId id;
  id.bytes.fill(n);
  return rpc::to_text(rpc::FriendUrl{id, {"192.0.2.1:7401"}});
}

}  // namespace shoal::config
