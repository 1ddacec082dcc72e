// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/time.h"
#include "transfer/core/token_bucket.h"

namespace shoal::transfer {

/// One served stream, as its driver names it. Never reused.
using UploadRef = Id<struct UploadRefTag, std::uint64_t>;

/// How fast may be sent, in bytes per second; 0: no limit.
struct UploadRates {
  std::uint64_t all = 0;   ///< to everybody together
  std::uint64_t each = 0;  ///< to one peer, unless it has a rate of its own
  std::map<PeerId, std::uint64_t> own = {};
  friend bool operator==(const UploadRates&, const UploadRates&) = default;
};

/// The most that a bucket of that rate gives at once: what a tenth of a second brings, at least one
/// answer (limits::kRangeBytes).
std::uint64_t burst_of(std::uint64_t rate);

/// Who may send next, so that neither all together nor any one peer goes above its rate, over any
/// time, however often it comes anew: a peer's bucket outlives its streams.
///
/// First come, first served among those whose own bucket allows it; nobody overtakes because it
/// asks for less. A stream asks for one answer at a time, so streams take turns.
/// Cost: O(streams that wait).
class Shaper {
 public:
  Shaper(UploadRates rates, Instant now);

  void set(UploadRates rates, Instant now);
  /// True: send it now. False: it waits, and next() will name it. Requires that the stream does not
  /// wait, and bytes <= limits::kRangeBytes.
  bool ask(UploadRef stream, const PeerId& peer, std::uint32_t bytes, Instant now);
  /// The stream is gone, or does not want it any more.
  void forget(UploadRef stream);
  /// One that waited and may send now.
  std::optional<UploadRef> next(Instant now);
  /// When to ask next() again; none when nobody waits.
  [[nodiscard]] std::optional<Instant> deadline(Instant now) const;
  /// When the stream that waits may send if nobody else did: a lower bound. None: it does not wait.
  [[nodiscard]] std::optional<Instant> ready_at(UploadRef stream, Instant now) const;

 private:
  struct Waiting {
    UploadRef stream;
    PeerId peer;
    std::uint32_t bytes;
  };

  [[nodiscard]] std::uint64_t rate_of(const PeerId& peer) const;
  TokenBucket& bucket_of(const PeerId& peer, Instant now);
  [[nodiscard]] Instant own_ready(const Waiting& one, Instant now) const;
  void prune(Instant now);

  UploadRates rates_;
  TokenBucket all_;
  std::map<PeerId, TokenBucket> peers_;  ///< of those with a limit that is not full again
  std::deque<Waiting> waiting_;
};

}  // namespace shoal::transfer
