// SPDX-License-Identifier: Apache-2.0
// Many simulated peers whose neighbours HyParView chooses.
#pragma once

#include <cstdint>
#include <memory>
#include <set>

#include "overlay/core/registry.h"
#include "sim/engine/engine.h"
#include "sim/topology/graph.h"

namespace shoal::tests {

class OpenCrowd {
 public:
  /// They join one after the other, then so many cycles pass.
  OpenCrowd(std::uint32_t peers, unsigned cycles, std::uint64_t seed, bool repair = true,
            unsigned threads = 1, Duration cycle = overlay::HyParViewParameters().cycle);

  sim::Engine& engine() { return *engine_; }
  [[nodiscard]] std::uint32_t alive() const;
  /// So many peers end at the same moment; what lives learns of it at once, and a second later it
  /// is `settle` later.
  void fail(unsigned percent, Duration settle);
  /// The mean share of the live peers that floods from random live peers reach.
  double reliability(unsigned floods);
  /// The longest of the shortest ways from random peers, on average.
  double flood_hops(unsigned sources);

 private:
  struct Reached final : sim::Observer {
    void on_lookup(Instant, PeerRef, const overlay::Lookup&) override { ++peers; }
    std::uint64_t peers = 0;
  };
  PeerRef any_alive();

  Reached reached_;
  Rng rng_;
  std::unique_ptr<sim::Engine> engine_;
};

}  // namespace shoal::tests
