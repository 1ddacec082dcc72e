// SPDX-License-Identifier: Apache-2.0
#include "sim/network/incidents.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "proto/types/assert.h"
#include "sim/draw/draws.h"

namespace shoal::sim {
namespace {

std::pair<PeerRef, PeerRef> ordered(PeerRef one, PeerRef other) {
  return {std::min(one, other), std::max(one, other)};
}

// Calls `happen` at the moments of a Poisson process.
template <class Happen>
void at_moments(const IncidentRate& rate, Period period, Rng& rng, Happen happen) {
  if (!(rate.per_second > 0)) return;
  const Duration mean(std::max<std::int64_t>(1, std::llround(1e6 / rate.per_second)));
  Instant at = period.from;
  while (true) {
    at += Duration(times(mean.count(), draw_exponential(rng)));
    if (at >= period.to) return;
    happen(Period{at, at + std::max(rate.lasts, Duration(1))});
  }
}

}  // namespace

void IncidentPlan::link_down(PeerRef first, PeerRef second, Period period) {
  SHOAL_ASSERT(graph_.linked(first.value, second.value));
  if (period.from < period.to) downs_.push_back({ordered(first, second), period});
}

void IncidentPlan::stall(PeerRef from, PeerRef to, Period period) {
  SHOAL_ASSERT(graph_.linked(from.value, to.value));
  if (period.from < period.to) stalls_.push_back({{from, to}, period});
}

void IncidentPlan::crash(PeerRef peer, Period period) {
  if (period.from >= period.to) return;
  crashes_.push_back({{peer, kNoPeer}, period});
  for (const std::uint32_t other : graph_.neighbours(peer.value)) {
    link_down(peer, PeerRef{other}, period);
  }
}

void IncidentPlan::jump(PeerRef peer, Instant at, Duration by) {
  SHOAL_ASSERT(by >= Duration{});
  jumps_.push_back({at, IncidentKind::kJump, peer, kNoPeer, by});
}

void IncidentPlan::partition(const std::vector<bool>& side, PartitionKind kind, Period period,
                             Duration notice) {
  SHOAL_ASSERT(side.size() == graph_.size());
  const Instant noticed = period.to - period.from > notice ? period.from + notice : period.to;
  for (std::uint32_t peer = 0; peer < graph_.size(); ++peer) {
    if (!side[peer]) continue;
    for (const std::uint32_t other : graph_.neighbours(peer)) {
      if (side[other]) continue;
      stall(PeerRef{peer}, PeerRef{other}, {period.from, noticed});
      if (kind == PartitionKind::kSymmetric) {
        stall(PeerRef{other}, PeerRef{peer}, {period.from, noticed});
      }
      link_down(PeerRef{peer}, PeerRef{other}, {noticed, period.to});
    }
  }
}

void IncidentPlan::isolate(PeerRef peer, PartitionKind kind, Period period, Duration notice) {
  std::vector<bool> side(graph_.size());
  side[peer.value] = true;
  partition(side, kind, period, notice);
}

void IncidentPlan::undialable(const std::vector<bool>& peers, Instant at) {
  SHOAL_ASSERT(peers.size() == graph_.size());
  for (std::uint32_t peer = 0; peer < graph_.size(); ++peer) {
    if (!peers[peer]) continue;
    for (const std::uint32_t other : graph_.neighbours(peer)) {
      if (other < peer || !peers[other]) continue;
      shut_.push_back({{PeerRef{peer}, PeerRef{other}}, {at, Instant::max()}});
    }
  }
}

void IncidentPlan::at_random(const IncidentRates& rates, Period period, Rng rng) {
  if (graph_.size() == 0) return;
  const std::uint64_t ends = 2 * graph_.edges();
  // The peer at whose list of neighbours the end of a link with that number stands, and the other.
  const auto draw_way = [&](Rng& draws) {
    const auto number = static_cast<std::uint32_t>(draws.below(ends));
    std::uint32_t peer = 0;
    std::uint32_t beyond = graph_.size();
    while (beyond - peer > 1) {
      const std::uint32_t middle = peer + (beyond - peer) / 2;
      (graph_.offset(middle) <= number ? peer : beyond) = middle;
    }
    return Where{PeerRef{peer}, PeerRef{graph_.neighbours(peer)[number - graph_.offset(peer)]}};
  };
  Rng downs = rng.fork(0);
  Rng stalls = rng.fork(1);
  Rng crashes = rng.fork(2);
  if (ends > 0) {
    at_moments(rates.link_downs, period, downs, [&](Period lasting) {
      const Where way = draw_way(downs);
      link_down(way.first, way.second, lasting);
    });
    at_moments(rates.stalls, period, stalls, [&](Period lasting) {
      const Where way = draw_way(stalls);
      stall(way.first, way.second, lasting);
    });
  }
  Rng jumps = rng.fork(3);
  at_moments(rates.jumps, period, jumps, [&](Period lasting) {
    const PeerRef peer{static_cast<std::uint32_t>(jumps.below(graph_.size()))};
    jump(peer, lasting.from, lasting.to - lasting.from);
  });
  at_moments(rates.crashes, period, crashes, [&](Period lasting) {
    crash(PeerRef{static_cast<std::uint32_t>(crashes.below(graph_.size()))}, lasting);
  });
}

void IncidentPlan::heal(Instant at) {
  std::erase_if(jumps_, [at](const Incident& jump) { return jump.at >= at; });
  for (auto* const troubles : {&downs_, &stalls_, &crashes_}) {
    std::erase_if(*troubles, [at](const Trouble& trouble) { return trouble.period.from >= at; });
    for (Trouble& trouble : *troubles) trouble.period.to = std::min(trouble.period.to, at);
  }
}

// In order; what overlaps or touches at one place is one.
std::vector<IncidentPlan::Trouble> IncidentPlan::merged(std::vector<Trouble> troubles) {
  std::ranges::sort(troubles);
  std::size_t kept = 0;
  for (const Trouble& next : troubles) {
    Trouble* const last = kept == 0 ? nullptr : &troubles[kept - 1];
    if (last != nullptr && last->where == next.where && next.period.from <= last->period.to) {
      last->period.to = std::max(last->period.to, next.period.to);
    } else {
      troubles[kept++] = next;
    }
  }
  troubles.resize(kept);
  return troubles;
}

std::vector<Incident> IncidentPlan::incidents() const {
  std::vector<Incident> all = jumps_;
  const auto add = [&all](std::vector<Trouble> troubles, IncidentKind begin, IncidentKind end) {
    for (const auto& [where, period] : merged(std::move(troubles))) {
      all.push_back({period.from, begin, where.first, where.second});
      if (period.to != Instant::max()) all.push_back({period.to, end, where.first, where.second});
    }
  };
  std::vector<Trouble> downs = downs_;
  downs.insert(downs.end(), shut_.begin(), shut_.end());
  add(std::move(downs), IncidentKind::kLinkDown, IncidentKind::kLinkUp);
  add(stalls_, IncidentKind::kStall, IncidentKind::kFlow);
  add(crashes_, IncidentKind::kCrash, IncidentKind::kRestart);
  for (const auto& [where, period] : shut_) {
    all.push_back({period.from, IncidentKind::kRefuse, where.first, where.second});
    all.push_back({period.from, IncidentKind::kRefuse, where.second, where.first});
  }
  std::ranges::sort(all);
  return all;
}

std::vector<bool> draw_side(std::uint32_t peers, double share, Rng rng) {
  std::vector<bool> side(peers);
  const Fixed chance = Fixed::from(share);
  for (std::uint32_t peer = 0; peer < peers; ++peer) side[peer] = draw_chance(rng, chance);
  return side;
}

}  // namespace shoal::sim
