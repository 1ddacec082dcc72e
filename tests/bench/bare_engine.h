// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "sim/engine/calendar.h"
#include "sim/network/delay.h"
#include "sim/topology/graph.h"

namespace shoal::tests {

/// A copy of a query that a bare peer sends.
struct BareSend {
  std::uint32_t to;
  std::uint32_t delay_us;
};

/// A prototype of the engine: its windows, shards, calendars and parcels on one thread, peer by
/// peer in the order of time, and a classic flood. No faults, no timers, no echoes, no digest: what
/// is left when all that a simulation is for is taken away.
///
/// `Peers` are what it floods over: `take(to, from, query, ttl, sends)` says to whom a peer sends
/// on, `warm(to)` has fetched what that will read.
template <class Peers>
class BareEngine {
 public:
  BareEngine(Peers peers, std::uint32_t count, Duration floor)
      : slots_(static_cast<std::uint64_t>(floor.count())), peers_(std::move(peers)) {
    for (std::uint32_t first = 0; first < count; first += 1U << kShardBits) {
      calendars_.push_back(std::make_unique<sim::Calendar>());
    }
  }

  /// Floods from `origin` until nothing is under way; returns the deliveries.
  std::uint64_t flood(std::uint32_t origin, std::uint8_t ttl) {
    const std::uint64_t before = deliveries_;
    sim::Parcel own{};
    own.query = {++number_, ~number_};
    own.ttl = static_cast<std::uint8_t>(ttl + 1);
    own.end = origin;
    own.to = origin;
    own.when = static_cast<std::uint64_t>(now_) << 16;
    take(own);
    for (;;) {
      std::uint64_t slot = sim::Calendar::kNever;
      for (const auto& calendar : calendars_) slot = std::min(slot, calendar->next());
      if (slot == sim::Calendar::kNever) return deliveries_ - before;
      for (std::uint32_t i = 0; i < calendars_.size(); ++i) {
        if (calendars_[i]->next() == slot) work(*calendars_[i], i << kShardBits, slot);
      }
    }
  }

 private:
  static constexpr unsigned kShardBits = 12;
  static constexpr std::size_t kAhead = 8;

  void take(const sim::Parcel& parcel) {
    sends_.clear();
    peers_.take(parcel.to, parcel.end, parcel.query, parcel.ttl, sends_);
    sim::Parcel copy = parcel;
    copy.ttl = static_cast<std::uint8_t>(parcel.ttl - 1);
    copy.end = parcel.to;
    for (const BareSend& send : sends_) {
      const std::int64_t at = parcel.at() + send.delay_us;
      copy.when = static_cast<std::uint64_t>(at) << 16;
      copy.to = send.to;
      calendars_[send.to >> kShardBits]->add(pool_, slots_(at), copy);
    }
  }

  void work(sim::Calendar& calendar, std::uint32_t first, std::uint64_t slot) {
    sim::ParcelList parcels = calendar.take(pool_, slot, slots_);
    starts_.assign((1U << kShardBits) + 1, 0);
    parcels.each([&](const sim::Parcel& parcel) { ++starts_[parcel.to - first + 1]; });
    for (std::size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
    work_.resize(starts_.back());
    parcels.drain(pool_, [&](const sim::Parcel& p) { work_[starts_[p.to - first]++] = p; });
    for (auto from = work_.begin(); from != work_.end();) {
      const auto to = std::find_if(from, work_.end(),
                                   [&](const sim::Parcel& other) { return other.to != from->to; });
      if (to - from > 1) {
        std::sort(from, to, [](const auto& a, const auto& b) { return a.when < b.when; });
      }
      from = to;
    }
    for (std::size_t i = 0; i < work_.size(); ++i) {
      if (i + kAhead < work_.size()) peers_.warm(work_[i + kAhead].to);
      ++deliveries_;
      now_ = std::max(now_, work_[i].at());
      take(work_[i]);
    }
  }

  sim::SlotOf slots_;
  Peers peers_;
  sim::ChunkStore store_;
  sim::ChunkPool pool_{store_};
  std::vector<std::unique_ptr<sim::Calendar>> calendars_;
  std::vector<sim::Parcel> work_;
  std::vector<std::uint32_t> starts_;
  std::vector<BareSend> sends_;
  std::uint64_t number_ = 0;
  std::int64_t now_ = 0;
  std::uint64_t deliveries_ = 0;
};

}  // namespace shoal::tests
