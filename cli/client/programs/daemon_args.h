// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/client/context/globals.h"

namespace shoal::client {

/// The command line by which the daemon finds what this client was told.
std::vector<std::string> daemon_arguments(const Globals& globals);

}  // namespace shoal::client
