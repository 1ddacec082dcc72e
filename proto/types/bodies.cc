// SPDX-License-Identifier: Apache-2.0
#include "proto/types/bodies.h"

#include <algorithm>

namespace shoal {

std::unique_ptr<const QueryBody> QueryBody::copy() const {
  return std::unique_ptr<const QueryBody>(new QueryBody(*this));
}

void Counts::add_peers(std::uint8_t hop, std::int32_t peers) {
  if (peers_by_hop.empty()) {
    first_hop = hop;
    peers_by_hop.reserve(4);  // 16 bytes: less is not to be had
  }
  if (hop < first_hop) {
    peers_by_hop.insert(peers_by_hop.begin(), static_cast<std::size_t>(first_hop - hop), 0);
    first_hop = hop;
  }
  const auto at = static_cast<std::size_t>(hop - first_hop);
  if (at >= peers_by_hop.size()) peers_by_hop.resize(at + 1, 0);
  // Numbers come from peers: they saturate, they do not overflow.
  const auto sum = std::int64_t{peers_by_hop[at]} + peers;
  peers_by_hop[at] = static_cast<std::int32_t>(std::clamp<std::int64_t>(sum, INT32_MIN, INT32_MAX));
}

void Counts::add(const Counts& other) {
  for (std::size_t at = 0; at < other.peers_by_hop.size(); ++at) {
    const std::size_t hop = other.first_hop + at;
    if (other.peers_by_hop[at] != 0 && hop <= UINT8_MAX) {
      add_peers(static_cast<std::uint8_t>(hop), other.peers_by_hop[at]);
    }
  }
  const auto plus = [](std::uint32_t& sum, std::uint32_t more) {
    sum = more > UINT32_MAX - sum ? UINT32_MAX : sum + more;
  };
  plus(copies, other.copies);
  plus(duplicates, other.duplicates);
  plus(refused, other.refused);
  plus(unanswered, other.unanswered);
  plus(dropped, other.dropped);
  plus(cut_by_budget, other.cut_by_budget);
  plus(spared, other.spared);
  plus(unsearched, other.unsearched);
  plus(hits_dropped, other.hits_dropped);
}

bool Counts::empty() const {
  return std::ranges::all_of(peers_by_hop, [](std::int32_t n) { return n == 0; }) && copies == 0 &&
         duplicates == 0 && refused == 0 && unanswered == 0 && dropped == 0 && cut_by_budget == 0 &&
         spared == 0 && unsearched == 0 && hits_dropped == 0;
}

}  // namespace shoal
