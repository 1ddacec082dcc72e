// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/engine/engine.h"

namespace shoal::sim {

/// Lets all peers of an open network join it, one each `pause`, from the engine's now on: each
/// hears of one that has joined before, drawn by `rng`. A peer that is down when its turn comes is
/// left out.
void join_one_by_one(Engine& engine, Duration pause, Rng rng);

}  // namespace shoal::sim
