// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/config/config.h"
#include "transfer/core/upload_queue.h"

namespace shoal::daemon {

/// What the configuration says of giving.
transfer::UploadSlots upload_slots(const config::Config& config);
transfer::UploadRates upload_rates(const config::Config& config);

}  // namespace shoal::daemon
