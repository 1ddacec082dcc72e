// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/config/config.h"

namespace shoal::daemon {

/// Sends the log to stderr: as text, or as one JSON object a line with ts, level, logger and msg.
/// No words of a query are logged above debug.
void set_up_log(const std::string& level, config::LogFormat format);

}  // namespace shoal::daemon
