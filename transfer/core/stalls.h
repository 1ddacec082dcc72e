// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "proto/types/limits_transfer.h"
#include "proto/types/time.h"
#include "transfer/core/effects.h"

namespace shoal::transfer {

/// How long a silent source is waited for, and then left alone. All above 0.
struct Patience {
  Duration silence = limits::kStallTime;
  Duration pause_min = limits::kStallPauseMin;
  Duration pause_max = limits::kStallPauseMax;  ///< at least pause_min
};

/// The pauses of sources that had stalled: each twice as long as the one before, until a piece of
/// the source was right.
class Stalls {
 public:
  explicit Stalls(const Patience& patience) : patience_(patience) {}

  /// The source is set aside; returns until when.
  Instant begin(SourceRef source, Instant now);
  /// It is up again, or needs no pause any more.
  void end(SourceRef source);
  /// A piece of it was right: its next pause is a short one.
  void prove(SourceRef source);
  /// Ends the pauses that are over, and returns whose they were.
  std::vector<SourceRef> over(Instant now);
  /// When the first of the pauses is over.
  [[nodiscard]] std::optional<Instant> deadline() const;

 private:
  struct Stall {
    SourceRef source;
    Duration pause;
    std::optional<Instant> until;  ///< none: not in a pause
  };

  Patience patience_;
  std::vector<Stall> stalls_;  ///< the longest known first; at most limits::kSourcesKnown
};

}  // namespace shoal::transfer
