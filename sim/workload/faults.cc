// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/faults.h"

#include <algorithm>
#include <cmath>

#include "sim/draw/draws.h"

namespace shoal::sim {

Faults::Faults(Presence& presence, const FaultRates& rates, Rng rng)
    : presence_(presence),
      rates_{rates.link_downs, rates.stalls, rates.crashes},
      draws_{rng.fork(kLinkDown), rng.fork(kStall), rng.fork(kCrash)},
      begins_(presence.engine(),
              [this](std::uint64_t kind) { begin(static_cast<std::uint8_t>(kind)); }),
      ends_(presence.engine(), [this](std::uint64_t what) {
        end(static_cast<std::uint8_t>(what >> 32), static_cast<std::uint32_t>(what));
      }) {
  for (std::uint8_t kind = 0; kind < kKinds; ++kind) schedule(kind);
}

void Faults::schedule(std::uint8_t kind) {
  if (rates_[kind].per_second <= 0) return;
  const Duration mean(std::max<std::int64_t>(1, std::llround(1e6 / rates_[kind].per_second)));
  const Duration pause(times(mean.count(), draw_exponential(draws_[kind])));
  begins_.add(presence_.engine().now() + std::max(pause, Duration(1)), kind);
}

void Faults::begin(std::uint8_t kind) {
  schedule(kind);
  const Graph& graph = presence_.graph();
  const std::uint64_t most = kind == kCrash ? graph.size() : 2 * graph.edges();
  if (most == 0) return;
  const auto where = static_cast<std::uint32_t>(draws_[kind].below(most));
  if (kind == kCrash) {
    if (!presence_.here(where)) return;
    presence_.leave(where);
  } else {
    const Edge edge = presence_.peers_of(where);
    if (!presence_.here(edge.first) || !presence_.here(edge.second)) return;
    if (kind == kLinkDown) {
      presence_.cut(edge);
    } else {
      presence_.engine().stall(PeerRef{edge.first}, PeerRef{edge.second}, true);
    }
  }
  ++happened_;
  ends_.add(presence_.engine().now() + rates_[kind].lasts, std::uint64_t{kind} << 32 | where);
}

void Faults::end(std::uint8_t kind, std::uint32_t where) {
  if (kind == kCrash) return presence_.join(where);
  const Edge edge = presence_.peers_of(where);
  if (kind == kLinkDown) return presence_.mend(edge);
  presence_.engine().stall(PeerRef{edge.first}, PeerRef{edge.second}, false);
}

}  // namespace shoal::sim
