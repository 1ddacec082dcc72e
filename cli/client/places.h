// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/client/globals.h"
#include "cli/client/world.h"
#include "proto/types/result.h"

namespace shoal::client {

/// Where this user's things are.
struct Places {
  std::string config_file;
  std::string data;    ///< key, index
  std::string state;   ///< last search, log, token
  std::string daemon;  ///< where the daemon's REST is: a path or URL
  std::string token;   ///< for a URL; empty when there is none

  [[nodiscard]] std::string last_search() const { return state + "/last-search.json"; }
  [[nodiscard]] std::string log() const { return state + "/shoald.log"; }
};

/// From flags, environment and the configuration file. Errors: kConfig.
Result<Places> find_places(const World& world, const Globals& globals);

}  // namespace shoal::client
