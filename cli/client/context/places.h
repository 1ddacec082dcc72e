// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/client/context/globals.h"
#include "cli/client/context/world.h"
#include "cli/config/places.h"
#include "proto/types/result.h"

namespace shoal::client {

/// The places that the daemon of this user has too. Errors: kConfig.
inline Result<config::Places> find_places(const World& world, const Globals& globals) {
  return config::find_places({globals.config, globals.home, globals.socket}, world.env);
}

inline std::string key_file(const config::Places& places) { return places.data + "/identity.key"; }
inline std::string last_search_file(const config::Places& places) {
  return places.state + "/last-search.json";
}
inline std::string session_file(const config::Places& places) {
  return places.state + "/directory-session.json";
}
inline std::string log_file(const config::Places& places) { return places.state + "/shoald.log"; }

}  // namespace shoal::client
