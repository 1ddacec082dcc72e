// SPDX-License-Identifier: Apache-2.0
// Who is linked with whom, and who knows whom besides, at one moment of a run.
#pragma once

#include "sim/engine/engine.h"
#include "sim/topology/graph.h"

namespace shoal::sim {

/// The links over which peers ask, as they see them: between two that live, if either asks over it.
/// Dead peers have none.
Graph active_views(const Engine& engine);

/// Whether every such link is one for both its ends.
bool views_are_symmetric(const Engine& engine);

/// What peers know beside their neighbours (overlay::Membership::spares), as if known both ways;
/// dead ones too.
Graph passive_views(const Engine& engine);

}  // namespace shoal::sim
