// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/config/environment.h"
#include "proto/types/result.h"

namespace shoal::config {

/// What the command line says about places; empty: not given.
struct PlaceFlags {
  std::string config;  ///< --config FILE
  std::string home;    ///< --home DIR: one folder for everything
  std::string socket;  ///< --socket PATH (or URL, for the client)
};

/// Where this user's things are; all absolute. Nothing here is created.
struct Places {
  std::string config_file;
  bool config_given = false;  ///< named by the user, so that it must be there
  std::string data;           ///< key, index, state database
  std::string state;          ///< token, log, last search
  std::string daemon;         ///< the daemon's socket, or the URL that was given
  std::string downloads;      ///< where downloads go unless the configuration says otherwise

  [[nodiscard]] std::string token_file() const { return state + "/rest.token"; }
};

/// From flags, SHOAL_CONFIG, SHOAL_HOME, SHOAL_SOCKET and the XDG base directories; without a
/// runtime directory (root) the socket lies in the state folder. Errors: kConfig (HOME is not set).
Result<Places> find_places(const PlaceFlags& flags, const Environment& environment);

}  // namespace shoal::config
