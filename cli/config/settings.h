// SPDX-License-Identifier: Apache-2.0
// The table of all settings. Internal to this folder.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/config/config.h"
#include "proto/yaml/nearest.h"
#include "proto/yaml/outline.h"

namespace shoal::config {

using yaml::Item;
using yaml::nearest;
using yaml::read_outline;
using yaml::Trouble;

/// One setting: how it is read and how it is shown.
struct Setting {
  std::string_view key;  ///< "group.name"
  bool list;             ///< written as a list
  std::optional<Trouble> (*set)(const Item& value, Config& config);
  std::string (*show)(const Config& config);
};

/// friends: a list of friends' URLs, with role and rate.
std::optional<Trouble> set_friends(const Item& value, Config& config);
std::string show_friends(const Config& config);
/// network.join: a list of peers' URLs and places.
std::optional<Trouble> set_join(const Item& value, Config& config);
std::string show_join(const Config& config);
/// network.cycle: not so short that shuffles are all that a peer does.
std::optional<Trouble> set_cycle(const Item& value, Config& config);

std::span<const Setting> settings();
/// Null when there is none.
const Setting* setting_of(std::string_view key);

}  // namespace shoal::config
