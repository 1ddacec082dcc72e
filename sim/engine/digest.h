// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "proto/types/ids.h"
#include "proto/types/message.h"
#include "proto/types/time.h"

namespace shoal::sim {

/// A hash of one delivery: who, what, when, and what was made of it. Summed, so that a run's digest
/// does not depend on the order in which threads come to their events.
std::uint64_t digest_of(Instant at, PeerRef from, PeerRef to, const Message& message,
                        Verdict verdict);

}  // namespace shoal::sim
