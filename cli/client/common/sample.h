// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/client/context/context.h"

namespace shoal::client {

/// A small text to be the first thing that this peer shares, in a folder of its own below the
/// downloads, made when it is not there: its path. Errors: of the daemon, which tells the peer's
/// name; kIo, kNoSpace.
Result<std::string> sample_file(Context& context);

}  // namespace shoal::client
