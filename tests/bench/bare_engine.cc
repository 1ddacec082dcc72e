// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/bare_engine.h"

#include <algorithm>

namespace shoal::tests {

BareEngine::BareEngine(const sim::Graph& graph, const sim::LinkLaw& law, std::uint64_t seed)
    : slots_(static_cast<std::uint64_t>(law.floor().count())),
      seen_(graph.size()),
      starts_((1U << kShardBits) + 1) {
  for (std::uint32_t peer = 0; peer < graph.size(); ++peer) {
    rows_.push_back(static_cast<std::uint32_t>(ends_.size()));
    for (const std::uint32_t other : graph.neighbours(peer)) {
      const auto delay = law.link(seed, PeerRef{peer}, PeerRef{other}).there.count();
      ends_.push_back({other, static_cast<std::uint32_t>(delay)});
    }
  }
  rows_.push_back(static_cast<std::uint32_t>(ends_.size()));
  for (std::uint32_t first = 0; first < graph.size(); first += 1U << kShardBits) {
    shards_.push_back(std::make_unique<Shard>());
  }
}

void BareEngine::send(std::uint32_t from, std::uint32_t except, std::int64_t now,
                      std::uint8_t ttl) {
  sim::Parcel parcel{};
  parcel.query.low = number_;
  parcel.ttl = ttl;
  parcel.end = from;
  for (std::uint32_t i = rows_[from]; i < rows_[from + 1]; ++i) {
    if (ends_[i].to == except) continue;
    parcel.to = ends_[i].to;
    parcel.when = static_cast<std::uint64_t>(now + ends_[i].delay_us) << 16;
    shards_[parcel.to >> kShardBits]->inbox.append(pool_, parcel);
  }
}

void BareEngine::work(Shard& shard, std::uint32_t first, std::uint64_t slot) {
  sim::ParcelList parcels = shard.calendar.take(pool_, slot, slots_);
  std::ranges::fill(starts_, 0);
  parcels.each([&](const sim::Parcel& parcel) { ++starts_[parcel.to - first + 1]; });
  for (std::size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
  work_.resize(starts_.back());
  parcels.drain(pool_, [&](const sim::Parcel& p) { work_[starts_[p.to - first]++] = p; });
  for (std::size_t from = 0; from < work_.size();) {
    std::size_t to = from + 1;
    while (to < work_.size() && work_[to].to == work_[from].to) ++to;
    std::sort(work_.begin() + static_cast<std::ptrdiff_t>(from),
              work_.begin() + static_cast<std::ptrdiff_t>(to),
              [](const sim::Parcel& a, const sim::Parcel& b) { return a.when < b.when; });
    from = to;
  }
  for (const sim::Parcel& parcel : work_) {
    ++deliveries_;
    now_ = std::max(now_, parcel.at());
    if (seen_[parcel.to] == parcel.query.low) continue;
    seen_[parcel.to] = parcel.query.low;
    if (parcel.ttl > 1) {
      send(parcel.to, parcel.end, parcel.at(), static_cast<std::uint8_t>(parcel.ttl - 1));
    }
  }
}

std::uint64_t BareEngine::flood(std::uint32_t origin, std::uint8_t ttl) {
  const std::uint64_t before = deliveries_;
  seen_[origin] = ++number_;
  send(origin, origin, now_, ttl);
  for (;;) {
    std::uint64_t slot = sim::Calendar::kNever;
    for (const auto& shard : shards_) {
      shard->inbox.drain(pool_, [&](const sim::Parcel& parcel) {
        shard->calendar.add(pool_, slots_(parcel.at()), parcel);
      });
      slot = std::min(slot, shard->calendar.next());
    }
    if (slot == sim::Calendar::kNever) return deliveries_ - before;
    for (std::uint32_t i = 0; i < shards_.size(); ++i) {
      if (shards_[i]->calendar.next() == slot) work(*shards_[i], i << kShardBits, slot);
    }
  }
}

}  // namespace shoal::tests
