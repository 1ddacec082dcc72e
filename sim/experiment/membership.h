// SPDX-License-Identifier: Apache-2.0
// Networks whose peers choose neighbours themselves. Internal to this folder and the program.
#pragma once

#include <cstdint>

#include "proto/types/result.h"
#include "sim/engine/engine.h"
#include "sim/experiment/experiment.h"
#include "sim/experiment/result.h"

namespace shoal::sim {

/// When the last of so many peers has been told by whom to join; 0 where they need not.
Duration joined_after(const MembershipPlan& plan, std::uint32_t peers);

/// Nothing, or why such an experiment is none. Errors: kInvalidArgument.
Result<void> check_membership(const Experiment& experiment, std::uint32_t peers);

/// When shape_of() is taken: when the first search may start, or just before peers fail.
Instant measured_at(const Experiment& experiment);

/// What the links over which live peers ask are like now.
NetworkShape shape_of(const Engine& engine, std::uint64_t seed);

}  // namespace shoal::sim
