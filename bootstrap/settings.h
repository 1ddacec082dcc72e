// SPDX-License-Identifier: Apache-2.0
// The table of all settings. Internal to this folder.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "bootstrap/config.h"
#include "proto/yaml/outline.h"

namespace shoal::bootstrap {

/// One setting, and how it is read.
struct Setting {
  std::string_view key;
  bool list;  ///< written as a list
  std::optional<yaml::Trouble> (*set)(const yaml::Item& value, Config& config);
};

std::span<const Setting> settings();
/// Null when there is none.
const Setting* setting_of(std::string_view key);

}  // namespace shoal::bootstrap
