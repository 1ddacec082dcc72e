// SPDX-License-Identifier: Apache-2.0
// Peers that are nothing but ids.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "overlay/core/env.h"
#include "overlay/kademlia/point.h"
#include "overlay/kademlia/table.h"

namespace shoal::tests {

class Ids final : public overlay::EnvSource {
 public:
  PeerRef add(const PeerId& id) {
    ids.push_back(id);
    return PeerRef{static_cast<std::uint32_t>(ids.size() - 1)};
  }
  QueryId fresh_query_id() override { return {1, ++fresh_}; }
  std::uint64_t fresh_nonce() override { return ++fresh_; }
  PeerId id_of(PeerRef peer) override { return ids[peer.value]; }
  PeerRef self() override { return kNoPeer; }
  [[nodiscard]] overlay::kademlia::Point at(PeerRef peer) const {
    return overlay::kademlia::point_of(ids[peer.value]);
  }

  std::vector<PeerId> ids;

 private:
  std::uint64_t fresh_ = 0;
};

/// Ids that agree in many of their first bits, so that deep buckets and ties within the first 64
/// bits are met; all different.
inline PeerId crowded_id(std::uint64_t number) {
  PeerId id;
  const auto first = *rc::gen::inRange(0, 4).as("leading bytes");
  const auto pattern = *rc::gen::inRange(0, 3).as("pattern");
  for (int i = 0; i < first; ++i) {
    id.bytes[static_cast<std::size_t>(i)] =
        static_cast<std::uint8_t>(*rc::gen::inRange(0, 256).as("byte"));
  }
  for (std::size_t i = 4; i < 12; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(pattern == 0 ? 0 : pattern == 1 ? 0xff : number * i);
  }
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[24 + i] = static_cast<std::uint8_t>(number >> (8 * (7 - i)));
  }
  return id;
}

/// Handles kept, less those given up; at least zero for every peer, or the test fails.
struct Kept {
  std::vector<PeerRef> kept;
  std::vector<PeerRef> let_go;
  [[nodiscard]] overlay::kademlia::Refs refs() { return {kept, let_go}; }
  [[nodiscard]] std::ptrdiff_t of(PeerRef peer) const {
    return std::ranges::count(kept, peer) - std::ranges::count(let_go, peer);
  }
};

}  // namespace shoal::tests
