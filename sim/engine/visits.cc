// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/visits.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace shoal::sim {
namespace {

// Half of them are taken at most.
constexpr std::size_t kPlacesMost = std::bit_ceil(2 * limits::kVisitsMax);

}  // namespace

std::size_t Visits::place_of(PeerRef peer) const {
  const std::size_t mask = places_.size() - 1;
  std::size_t place = home_of(peer);
  while (places_[place].peer != peer && places_[place].peer != kNoPeer) place = (place + 1) & mask;
  return place;
}

Visits::Connection& Visits::use(PeerRef peer, std::int64_t now) {
  Connection fresh;
  fresh.peer = peer;
  fresh.set_used(now);
  if (!places_.empty()) {
    Connection& known = places_[place_of(peer)];
    if (known.peer == peer) {
      known.use(now);
      return known;
    }
    // On the way to it, so it is found there.
    const std::size_t mask = places_.size() - 1;
    for (std::size_t place = home_of(peer); places_[place].peer != kNoPeer;
         place = (place + 1) & mask) {
      if (places_[place].gone(now)) return places_[place] = fresh;
    }
  }
  // At most half of the places are taken, or most of the time goes into looking for one; and so
  // many connections as there may be.
  if (2 * taken_ >= places_.size() || taken_ >= limits::kVisitsMax) rebuild(now);
  ++taken_;
  return places_[place_of(peer)] = fresh;
}

void Visits::rebuild(std::int64_t now) {
  std::vector<Connection> live;
  live.reserve(taken_);
  for (const Connection& known : places_) {
    if (known.peer != kNoPeer && !known.gone(now)) live.push_back(known);
  }
  if (live.size() >= limits::kVisitsMax) {
    // An eighth at once, or each new one would cost a look at all.
    const auto gone = live.begin() + static_cast<std::ptrdiff_t>(limits::kVisitsMax / 8);
    std::ranges::nth_element(live, gone, [now](const auto& a, const auto& b) {
      return std::pair(b.idle(now), a.peer) < std::pair(a.idle(now), b.peer);
    });
    live.erase(live.begin(), gone);
  }
  const std::size_t wanted = std::bit_ceil(std::max<std::size_t>(8, 3 * live.size() + 2));
  places_.assign(std::min(wanted, kPlacesMost), Connection{});
  for (const Connection& known : live) places_[place_of(known.peer)] = known;
  taken_ = live.size();
}

bool Visits::knows(PeerRef peer, std::int64_t now) const {
  if (places_.empty()) return false;
  const Connection& known = places_[place_of(peer)];
  return known.peer == peer && !known.gone(now);
}

void Visits::close(PeerRef peer) {
  if (places_.empty()) return;
  Connection& known = places_[place_of(peer)];
  if (known.peer == peer) known.ready_in = kClosed;
}

void Visits::clear() {
  places_ = std::vector<Connection>();
  taken_ = 0;
}

}  // namespace shoal::sim
