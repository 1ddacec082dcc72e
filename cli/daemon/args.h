// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/config/places.h"
#include "proto/types/result.h"

namespace shoal::daemon {

/// The command line of shoald.
struct Args {
  config::PlaceFlags places;
  std::vector<std::pair<std::string, std::string>> settings;  ///< of --set and its short forms
  bool help = false;
  bool version = false;
};

/// Errors: kInvalidArgument.
Result<Args> read_args(const std::vector<std::string>& words);

/// What --help prints.
std::string help_text();

}  // namespace shoal::daemon
