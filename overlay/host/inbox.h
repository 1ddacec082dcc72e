// SPDX-License-Identifier: Apache-2.0
// Frames that a stream has read and its owner has not handled yet. Internal to this folder.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "proto/types/limits_links.h"

namespace shoal::overlay {

/// Lets a stream read on while the strand is busy, and the strand take all that came meanwhile in
/// one turn. At most limits::kReadAhead frames are ahead; then the other end has to wait.
///
/// Threads: guarded by the stream's mutex.
class Inbox {
 public:
  /// A frame has come. Returns whether the strand must be told: once for all that it takes at once.
  bool put(std::string frame) {
    reading_ = false;
    ++open_;
    frames_.push_back(std::move(frame));
    return !std::exchange(told_, true);
  }
  /// All frames that came, in order, by the strand that was told.
  std::vector<std::string> take() {
    told_ = false;
    return std::exchange(frames_, {});
  }
  /// The owner has handled one.
  void handled() { --open_; }
  /// Whether the next read shall be started now; it counts as started.
  bool wants_read() {
    if (reading_ || open_ >= limits::kReadAhead) return false;
    reading_ = true;
    return true;
  }

 private:
  std::vector<std::string> frames_;
  std::size_t open_ = 0;  ///< came, and not handled
  bool reading_ = false;
  bool told_ = false;
};

}  // namespace shoal::overlay
