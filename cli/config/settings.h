// SPDX-License-Identifier: Apache-2.0
// The table of all settings. Internal to this folder.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/config/config.h"
#include "cli/config/outline.h"

namespace shoal::config {

/// One setting: how it is read and how it is shown.
struct Setting {
  std::string_view key;  ///< "group.name"
  bool list;             ///< written as a list
  std::optional<Trouble> (*set)(const Item& value, Config& config);
  std::string (*show)(const Config& config);
};

std::span<const Setting> settings();
/// Null when there is none.
const Setting* setting_of(std::string_view key);

/// Of `names`, the one that is spelled most like `word`; empty when none is near.
std::string nearest(std::string_view word, std::span<const std::string> names);

}  // namespace shoal::config
