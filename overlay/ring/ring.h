// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>

#include "overlay/core/overlay.h"
#include "overlay/core/parameters.h"
#include "proto/types/limits.h"

namespace shoal::overlay {

/// Places of ring's parameters.
enum RingParameter : std::uint8_t { kRingFirst, kRingGrow, kRingRestart };

inline constexpr std::array kRingParameters{
    Parameter{"first", "Hops of the first ring.", 1, 1, limits::kTtlLimitSimulator},
    Parameter{"grow", "Hops that each further ring has more.", 1, 1, limits::kTtlLimitSimulator},
    Parameter{"restart", "Whether each ring asks all peers anew.", 0, 0, 0, kOffOn},
};

/// Expanding ring (Lv, Cao, Cohen, Li, Shenker, "Search and Replication in Unstructured
/// Peer-to-Peer Networks", ICS 2002, section 4.1): floods of growing TTL, one after the other,
/// until one finds something or has reached the search's TTL.
///
/// `restart` on: as in the paper, each ring is a query of its own. Off: all rings go by one id
/// under the rule `deepest`, so that inner peers pass a ring on, but look up and answer only once;
/// that needs a query whose rule is `deepest` (else kInvalidArgument). Differs from the paper: the
/// end of a ring is known by its echoes and not by a timer; `enough` above 1 makes rings grow until
/// so much is found.
std::unique_ptr<Overlay> make_ring(Env& env);

}  // namespace shoal::overlay
