// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "overlay/core/registry.h"
#include "proto/types/bodies.h"
#include "proto/types/result.h"

namespace shoal::sim {

/// What `shoal-sim bench` measures: floods over a random regular graph, one search at a time, link
/// delays random between 10 and 100 ms, full Node objects.
struct BenchRequest {
  std::uint32_t peers = 10'000;
  std::uint32_t degree = 8;
  std::uint8_t ttl = 7;
  std::uint32_t searches = 10;
  unsigned threads = 1;
  std::uint64_t seed = 1;
  DuplicateRule rule = DuplicateRule::kClassic;
  bool echo = false;
  unsigned shard_bits = 12;
};

struct BenchResult {
  std::uint64_t deliveries = 0;  ///< of all timed searches
  double seconds = 0;            ///< from the first timed search until nothing is left to happen
  double deliveries_per_second = 0;
  double cpu_seconds = 0;  ///< processor time of the whole process in these seconds
  /// Growth of bytes_held(), per peer, after one flood has come and gone.
  double bytes_per_peer = 0;
  double build_seconds = 0;  ///< graph, peers and links
  std::uint64_t digest = 0;  ///< of all deliveries, those of untimed searches too
};

/// Builds the network, lets one search pass, gives memory back to the system and measures what is
/// left, lets another search pass that gets such memory again, and times the others, with all their
/// timers to the last.
/// Errors: kInvalidArgument (no such graph; ttl 0, no peers, no searches; threads).
Result<BenchResult> run_bench(const BenchRequest& request,
                              std::span<const overlay::OverlayEntry> overlays);

}  // namespace shoal::sim
