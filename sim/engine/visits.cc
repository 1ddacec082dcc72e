// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/visits.h"

#include <algorithm>

#include "proto/types/limits_links.h"

namespace shoal::sim {
namespace {

constexpr std::int64_t kIdle = limits::kVisitIdle.count();

}  // namespace

Visits::Connection& Visits::use(PeerRef peer, std::int64_t now, std::int64_t ready) {
  Connection* spare = nullptr;  // the one that was used longest ago
  for (Connection& connection : connections_) {
    if (connection.peer == peer) {
      if (connection.used + kIdle < now) connection.ready = ready;
      connection.used = std::max(connection.used, now);
      return connection;
    }
    if (spare == nullptr || connection.used < spare->used) spare = &connection;
  }
  const bool full = connections_.size() >= limits::kVisitsMax;
  if (spare == nullptr || (!full && spare->used + kIdle >= now)) {
    return connections_.emplace_back(Connection{peer, now, ready});
  }
  return *spare = Connection{peer, now, ready};
}

std::int64_t Visits::leave(PeerRef peer, std::int64_t now, std::int64_t greeting) {
  return std::max(use(peer, now, now + greeting).ready, now);
}

void Visits::hear(PeerRef peer, std::int64_t now) {
  Connection& connection = use(peer, now, now);
  connection.ready = std::min(connection.ready, now);
}

bool Visits::knows(PeerRef peer, std::int64_t now) const {
  const auto at = std::ranges::find(connections_, peer, &Connection::peer);
  return at != connections_.end() && at->used + kIdle >= now;
}

void Visits::close(PeerRef peer) {
  std::erase_if(connections_, [peer](const Connection& known) { return known.peer == peer; });
}

}  // namespace shoal::sim
