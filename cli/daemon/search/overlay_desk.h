// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "cli/daemon/state/state_store.h"

namespace shoal::daemon {

/// By which overlay a search goes that does not say: what was chosen last, kept over restarts, or
/// else what the configuration says. Any thread.
class OverlayDesk {
 public:
  /// `running`: the overlays that this peer runs from its start. Requires that `configured` is what
  /// use() takes. Errors: those of the store.
  static Result<std::unique_ptr<OverlayDesk>> open(StateStore& store, std::string configured,
                                                   std::vector<std::string> running);

  [[nodiscard]] std::string usual() const;
  [[nodiscard]] const std::string& configured() const { return configured_; }
  [[nodiscard]] const std::vector<std::string>& running() const { return running_; }

  /// An overlay, several parted by commas, or "auto". Errors: kInvalidArgument, those of the store.
  Result<void> use(const std::string& via);
  /// Back to what the configuration says.
  Result<void> reset();

 private:
  OverlayDesk(StateStore& store, std::string configured, std::vector<std::string> running);

  StateStore& store_;
  const std::string configured_;
  const std::vector<std::string> running_;
  mutable std::mutex mutex_;
  std::string chosen_;  ///< empty: nothing was
};

}  // namespace shoal::daemon
