// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/experiment/experiment.h"

namespace shoal::sim {

/// The keys whose values are not the built-in ones, in the order of the table; those of "run" left
/// out, but for run.truth: results do not depend on them.
std::vector<Override> changed_keys(const std::vector<std::pair<std::string, std::string>>& shown);

/// `word` as a shell takes it for one word.
std::string quoted(const std::string& word);

/// " --set KEY=VALUE" of each, quoted where it must be.
std::string set_options(const std::vector<Override>& keys);

}  // namespace shoal::sim
