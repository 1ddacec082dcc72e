// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/client/context/world.h"

namespace shoal::client {

/// The program `shoal`: does what `arguments` (without the program's name) say and returns the exit
/// code. Errors are printed here.
int run(World& world, const std::vector<std::string>& arguments);

}  // namespace shoal::client
