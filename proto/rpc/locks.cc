// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/locks.h"

#include <absl/synchronization/mutex.h>

namespace shoal::rpc {

void ignore_lock_order() {
  [[maybe_unused]] static const bool once = [] {
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    return true;
  }();
}

}  // namespace shoal::rpc
