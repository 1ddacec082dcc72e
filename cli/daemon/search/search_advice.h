// SPDX-License-Identifier: Apache-2.0
// What the user of this program can do about a search that was not started. Overlays give the cause
// alone: the simulator drives them, too, and has no such commands.
#pragma once

#include "proto/types/result.h"

namespace shoal::daemon {

/// `error` with a next step, by its code, if it has none.
Error advised(Error error);

}  // namespace shoal::daemon
