// SPDX-License-Identifier: Apache-2.0
#include "sim/network/incidents.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "proto/types/assert.h"
#include "sim/draw/draws.h"

namespace shoal::sim {
namespace {

// What overlaps or touches is one.
std::vector<Period> merged(std::vector<Period> periods) {
  std::ranges::sort(periods);
  std::vector<Period> merged;
  for (const Period& period : periods) {
    if (!merged.empty() && period.from <= merged.back().to) {
      merged.back().to = std::max(merged.back().to, period.to);
    } else {
      merged.push_back(period);
    }
  }
  return merged;
}

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
  if (period.from < period.to) downs_[ordered(first, second)].push_back(period);
}

void IncidentPlan::stall(PeerRef from, PeerRef to, Period period) {
  SHOAL_ASSERT(graph_.linked(from.value, to.value));
  if (period.from < period.to) stalls_[{from, to}].push_back(period);
}

void IncidentPlan::crash(PeerRef peer, Period period) {
  if (period.from >= period.to) return;
  crashes_[{peer, kNoPeer}].push_back(period);
  for (const std::uint32_t other : graph_.neighbours(peer.value)) {
    link_down(peer, PeerRef{other}, period);
  }
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
      if (!peers[other]) continue;
      shut_.try_emplace(ordered(PeerRef{peer}, PeerRef{other}), at);
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
    return Way{PeerRef{peer}, PeerRef{graph_.neighbours(peer)[number - graph_.offset(peer)]}};
  };
  Rng downs = rng.fork(0);
  Rng stalls = rng.fork(1);
  Rng crashes = rng.fork(2);
  if (ends > 0) {
    at_moments(rates.link_downs, period, downs, [&](Period lasting) {
      const Way way = draw_way(downs);
      link_down(way.first, way.second, lasting);
    });
    at_moments(rates.stalls, period, stalls, [&](Period lasting) {
      const Way way = draw_way(stalls);
      stall(way.first, way.second, lasting);
    });
  }
  at_moments(rates.crashes, period, crashes, [&](Period lasting) {
    crash(PeerRef{static_cast<std::uint32_t>(crashes.below(graph_.size()))}, lasting);
  });
}

void IncidentPlan::heal(Instant at) {
  for (auto* const troubles : {&downs_, &stalls_, &crashes_}) {
    for (auto& [way, periods] : *troubles) {
      std::erase_if(periods, [at](const Period& period) { return period.from >= at; });
      for (Period& period : periods) period.to = std::min(period.to, at);
    }
  }
}

std::vector<Incident> IncidentPlan::incidents() const {
  std::vector<Incident> all;
  const auto add = [&all](const std::map<Way, Periods>& troubles, IncidentKind begin,
                          IncidentKind end) {
    for (const auto& [way, periods] : troubles) {
      for (const Period& period : merged(periods)) {
        all.push_back({period.from, begin, way.first, way.second});
        if (period.to != Instant::max()) all.push_back({period.to, end, way.first, way.second});
      }
    }
  };
  std::map<Way, Periods> downs = downs_;
  for (const auto& [way, since] : shut_) {
    downs[way].push_back({since, Instant::max()});
    all.push_back({since, IncidentKind::kRefuse, way.first, way.second});
    all.push_back({since, IncidentKind::kRefuse, way.second, way.first});
  }
  add(downs, IncidentKind::kLinkDown, IncidentKind::kLinkUp);
  add(stalls_, IncidentKind::kStall, IncidentKind::kFlow);
  add(crashes_, IncidentKind::kCrash, IncidentKind::kRestart);
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
