// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/presence.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"

namespace shoal::sim {
namespace {

std::uint64_t name_of(const Edge& edge) {
  const auto [low, high] = std::minmax(edge.first, edge.second);
  return std::uint64_t{low} << 32 | high;
}

}  // namespace

Presence::Presence(Engine& engine, const Graph& graph, Manner manner)
    : engine_(engine),
      graph_(graph),
      manner_(std::move(manner)),
      away_(graph.size()),
      present_(graph.size()) {
  SHOAL_ASSERT(engine.size() == graph.size());
}

void Presence::leave(std::uint32_t peer, Absence reason) {
  const bool was_here = here(peer);
  away_[peer] |= static_cast<std::uint8_t>(reason);
  if (!was_here) return;
  --present_;
  if (manner_.memory == Memory::kLost) {
    engine_.crash(PeerRef{peer}, manner_.notice);
    return;
  }
  for (const std::uint32_t other : graph_.neighbours(peer)) {
    engine_.take_down(PeerRef{peer}, PeerRef{other}, {}, manner_.notice);
  }
}

void Presence::join(std::uint32_t peer, Absence reason) {
  if (here(peer)) return;
  away_[peer] &= static_cast<std::uint8_t>(~static_cast<unsigned>(reason));
  if (!here(peer)) return;
  ++present_;
  if (manner_.memory == Memory::kLost) engine_.restart(PeerRef{peer});
  for (const std::uint32_t other : graph_.neighbours(peer)) connect(peer, other);
  if (manner_.on_return) manner_.on_return(peer);
}

void Presence::cut(Edge edge) {
  if (!cuts_.insert(name_of(edge)).second) return;
  engine_.take_down(PeerRef{edge.first}, PeerRef{edge.second});
}

void Presence::mend(Edge edge) {
  if (cuts_.erase(name_of(edge)) == 1) connect(edge.first, edge.second);
}

void Presence::connect(std::uint32_t one, std::uint32_t other) {
  if (!here(one) || !here(other) || cuts_.contains(name_of({one, other}))) return;
  engine_.bring_up(PeerRef{one}, PeerRef{other});
}

}  // namespace shoal::sim
