// SPDX-License-Identifier: Apache-2.0
// A drawn world: friends, delays, faults and searches. Plain data, so that a failing one is printed
// whole and can be kept as a regression test.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <vector>

#include "overlay/core/registry.h"
#include "proto/types/bodies.h"
#include "sim/check/scenario.h"
#include "sim/contract/ask.h"
#include "sim/contract/judge.h"
#include "sim/world.h"

namespace shoal::tests {

using std::chrono::milliseconds;

struct Friends {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  sim::LinkDelay delay;
};

struct Fault {
  enum class Kind : std::uint8_t { kCrash, kLinkDown, kStall };
  Kind kind = Kind::kCrash;
  Duration at{};             ///< after the start
  std::uint32_t victim = 0;  ///< a peer, or an index into `links`
  Duration learned{};        ///< how long until the other ends know; a stall: how long it lasts
};

using Asked = sim::Ask;

struct Scenario {
  OverlayId via = overlay::kFlood;                  ///< of all searches
  std::optional<overlay::Parameters> parameters{};  ///< of searches that have none of their own
  std::uint64_t seed = 0;
  std::uint32_t peers = 2;
  std::vector<Friends> links;
  std::optional<sim::OpenMembership> open{};  ///< peers choose neighbours beside these friends
  std::vector<Fault> faults;
  std::vector<Asked> searches;
  std::vector<bool> shares;  ///< by peer: has the file that all searches look for
  Duration starts{};         ///< when the first of all this happens: until then peers settle
  Duration ends{};           ///< no earlier than that
  Duration lookup{};
  Duration lookup_jitter{};
  std::size_t queue_messages = limits::kLinkQueueMessages;
  bool record = false;  ///< see sim::WorldOptions

  [[nodiscard]] bool has_cycles() const { return links.size() >= peers; }
  [[nodiscard]] bool delays_differ() const;
  /// A fault of that kind falls between the start and the end of the first search's reach.
  [[nodiscard]] bool has(Fault::Kind kind) const;
};

/// What a property wants drawn.
struct Wanted {
  bool faults = false;
  bool one_delay = false;  ///< every link's the same, both ways
  bool any_rule = true;    ///< else `deepest`
  std::uint8_t ttl_max = 6;
  std::size_t searches = 1;
  bool open = false;  ///< one world in five is an open network
};

/// Draws a connected graph of 2 to 16 peers and what happens in it. Inside rc::check only.
Scenario draw_scenario(const Wanted& wanted);

/// Distances from `from` over the links that `usable(index)` admits; kFar where there is no way.
inline constexpr unsigned kFar = sim::kFarAway;
std::vector<unsigned> distances(const Scenario& scenario, std::uint32_t from,
                                const std::vector<bool>& link_usable);

std::ostream& operator<<(std::ostream& out, const Scenario& scenario);

}  // namespace shoal::tests
