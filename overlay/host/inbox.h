// SPDX-License-Identifier: Apache-2.0
// Frames that a stream has read and its owner has not handled yet. Internal to this folder.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "proto/types/limits_links.h"

namespace shoal::overlay {

/// Lets a stream read on while the strand is busy, and the strand take what came meanwhile in one
/// turn, within limits::kReadTurnBytes: others have theirs in between. At most limits::kReadAhead
/// frames are ahead; then the other end has to wait.
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
  /// What the strand that was told handles in one turn.
  struct Turn {
    std::vector<std::string> frames;  ///< in order
    bool more = false;                ///< the strand has to come again
  };
  Turn take() {
    Turn turn;
    std::size_t bytes = 0;
    while (!frames_.empty()) {
      bytes += frames_.front().size();
      if (!turn.frames.empty() && bytes > limits::kReadTurnBytes) break;
      turn.frames.push_back(std::move(frames_.front()));
      frames_.pop_front();
    }
    turn.more = told_ = !frames_.empty();
    return turn;
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
  std::deque<std::string> frames_;
  std::size_t open_ = 0;  ///< came, and not handled
  bool reading_ = false;
  bool told_ = false;
};

}  // namespace shoal::overlay
