// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "proto/types/result.h"

namespace shoal::broker {

/// The numeric addresses of a host, in the order in which they are to be tried. The system's
/// look-up of a name cannot be ended: it goes on by itself, on a thread of its own, when this does
/// not wait any longer, which is after `time` or soon after `go_on` says so. A numeric host is
/// looked up nowhere. Errors: kUnreachable (no such name; too slow; not to go on).
Result<std::vector<std::string>> look_up(const std::string& host, std::chrono::milliseconds time,
                                         const std::function<bool()>& go_on);

}  // namespace shoal::broker
