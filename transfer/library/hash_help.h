// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

namespace shoal::transfer {

/// Who hashes beside the thread that scans.
struct HashHelp {
  /// Starts a call on another thread, which it keeps for as long as there is something to hash.
  std::function<void(std::function<void()>)> run = {};
  unsigned helpers = 0;  ///< at most so many calls at once; 0: the scanning thread does it alone
};

}  // namespace shoal::transfer
