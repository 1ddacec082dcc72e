// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "overlay/core/membership.h"
#include "proto/types/limits.h"
#include "sim/network/delay.h"

namespace shoal::sim {

/// How a network behaves beyond its given links, where its peers may speak to whom they like
/// (NodeConfig::open) and make links themselves.
///
/// A message without a link is a *visit*: it is carried by a transient connection between the two
/// peers, which takes one round trip to open, is kept by either end until it was idle for
/// limits::kVisitIdle or limits::kVisitsMax others were used since, and dies with either peer.
/// A dialled link is up after two round trips (as on the wire: hello, ping, pong).
struct OpenNetwork {
  /// The delays of connections and of dialled links, by the pair of peers.
  LinkLaw law;
  /// Until a peer gives up on one that is dead, or on another side, or cannot be dialled.
  Duration dial_fails = limits::kSimDialFails;
};

/// Makes the membership of one more peer.
using MakeMembership = std::function<std::unique_ptr<overlay::Membership>()>;

/// Where a dial of `cause`, its `event`-th, stands among all that the world does at one instant:
/// behind what it was told to do.
constexpr std::uint64_t dial_number(std::uint32_t cause, std::uint64_t event) {
  return std::uint64_t{1} << 63 | std::uint64_t{cause} << 32 | (event & 0xffff'ffffU);
}

}  // namespace shoal::sim
