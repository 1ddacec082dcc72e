// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/engine/calendar.h"
#include "sim/network/delay.h"
#include "sim/topology/graph.h"

namespace shoal::tests {

/// The engine's rival: its windows, shards, calendars and parcels on one thread, and a classic
/// flood of eight bytes per peer instead of a Node. No faults, no timers, no digest: what is left
/// when all that a simulation is for is taken away.
class BareEngine {
 public:
  BareEngine(const sim::Graph& graph, const sim::LinkLaw& law, std::uint64_t seed);

  /// Floods from `origin` until nothing is under way; returns the deliveries.
  std::uint64_t flood(std::uint32_t origin, std::uint8_t ttl);

 private:
  static constexpr unsigned kShardBits = 12;

  struct End {
    std::uint32_t to;
    std::uint32_t delay_us;
  };
  struct Shard {
    sim::Calendar calendar;
    sim::ParcelList inbox;
  };

  void send(std::uint32_t from, std::uint32_t except, std::int64_t now, std::uint8_t ttl);
  void work(Shard& shard, std::uint32_t first, std::uint64_t slot);

  sim::SlotOf slots_;
  sim::ChunkStore store_;
  sim::ChunkPool pool_{store_};
  std::vector<std::uint32_t> rows_;
  std::vector<End> ends_;
  std::vector<std::uint64_t> seen_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<sim::Parcel> work_;
  std::vector<std::uint32_t> starts_;
  std::uint64_t number_ = 0;
  std::int64_t now_ = 0;
  std::uint64_t deliveries_ = 0;
};

}  // namespace shoal::tests
