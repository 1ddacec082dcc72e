// SPDX-License-Identifier: Apache-2.0
// What a peer is about: its own lookups, and what each is for. Internal to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "overlay/kademlia/lookup.h"
#include "overlay/kademlia/publisher.h"
#include "overlay/kademlia/wire.h"
#include "proto/types/bodies.h"
#include "proto/types/time.h"

namespace shoal::overlay::kademlia {

/// What an own search has beside its lookup.
struct OwnSearch {
  /// A provider that is asked what it has.
  struct Asked {
    PeerRef peer;
    Instant until;
    std::uint8_t hop = 0;
    std::uint8_t hits = 0;  ///< messages with hits that came
    std::uint8_t told = 0;  ///< that were sent, by its echo
    bool echoed = false;
    bool open = true;
    bool answered = false;
  };
  PayloadRef body;  ///< a QueryBody
  Instant started;
  Instant deadline;
  std::optional<Instant> first_hit;
  std::vector<Asked> asked;
  Counts counts;
  std::uint32_t hits = 0;
  std::uint32_t enough = 0;
  std::uint8_t ttl = 0;
};

/// A lookup under way, and what it is for.
struct Errand {
  enum class Purpose : std::uint8_t { kNeighbours, kRefresh, kPublish, kSearch };

  /// Made where it stays: it has several KiB.
  Errand(const Point& target, const Point& self, const LookupPlan& plan)
      : lookup(target, self, plan) {}

  // In the order in which an answer looks at them, the large one behind.
  QueryId id;  ///< of all its messages
  Purpose purpose = Purpose::kNeighbours;
  Kind request_kind = Kind::kFindNode;
  std::uint32_t given_back = 0;  ///< requests that never left
  PayloadRef request;            ///< the same for everybody who is asked
  /// kRefresh: it ends when a quarter of this bucket is taken.
  std::optional<std::size_t> fills;
  std::unique_ptr<OwnSearch> search;  ///< kSearch
  Offer offer;                        ///< kPublish
  Lookup lookup;

  [[nodiscard]] std::size_t bytes() const {
    std::size_t sum = sizeof(Errand) + lookup.bytes();
    if (search != nullptr) {
      sum += sizeof(OwnSearch) + search->asked.capacity() * sizeof(OwnSearch::Asked);
    }
    return sum;
  }
};

}  // namespace shoal::overlay::kademlia
