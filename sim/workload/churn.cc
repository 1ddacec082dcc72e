// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/churn.h"

#include <algorithm>

namespace shoal::sim {

Churn::Churn(Presence& presence, LifeLaw stays, LifeLaw absences, Rng rng)
    : presence_(presence),
      stays_(stays),
      absences_(absences),
      agenda_(presence.engine(),
              [this](std::uint64_t peer) { turn(static_cast<std::uint32_t>(peer)); }) {
  const auto here = static_cast<std::uint64_t>(stays_.mean().count());
  const auto away = static_cast<std::uint64_t>(absences_.mean().count());
  const std::uint32_t peers = presence.graph().size();
  const Instant now = presence.engine().now();
  draws_.reserve(peers);
  staying_.reserve(peers);
  for (std::uint32_t peer = 0; peer < peers; ++peer) {
    Rng& draws = draws_.emplace_back(rng.fork(peer));
    const bool stays_now = draws.below(here + away) < here;
    staying_.push_back(stays_now ? 1 : 0);
    agenda_.add(now + (stays_now ? stays_ : absences_).residual(draws), peer);
    if (!stays_now) presence_.leave(peer, Absence::kChurn);
  }
}

void Churn::turn(std::uint32_t peer) {
  staying_[peer] ^= 1U;
  const bool stays_now = staying_[peer] != 0;
  ++(stays_now ? returns_ : departures_);
  stays_now ? presence_.join(peer, Absence::kChurn) : presence_.leave(peer, Absence::kChurn);
  const Duration life = (stays_now ? stays_ : absences_).draw(draws_[peer]);
  agenda_.add(presence_.engine().now() + std::max(life, Duration(1)), peer);
}

}  // namespace shoal::sim
