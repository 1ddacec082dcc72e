// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/transfers/upload_limits.h"

namespace shoal::daemon {

transfer::UploadSlots upload_slots(const config::Config& config) {
  transfer::UploadSlots slots;
  slots.all = config.upload_slots;
  slots.each = config.upload_slots_per_friend;
  return slots;
}

transfer::UploadRates upload_rates(const config::Config& config) {
  transfer::UploadRates rates{config.upload_rate, config.upload_rate_per_friend, {}};
  for (const auto& listed : config.friends) {
    if (listed.upload_rate) rates.own.emplace(listed.url.id, *listed.upload_rate);
  }
  return rates;
}

}  // namespace shoal::daemon
