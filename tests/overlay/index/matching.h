// SPDX-License-Identifier: Apache-2.0
// What the one-hop index promises beyond the contract, each as one property over drawn worlds.
// Built twice: with the overlay that ships, and with one into which bugs can be planted.
#pragma once

#include "tests/conformance/worlds.h"

namespace shoal::tests {

/// Without faults, once filters are out: the hits are those of a flood, from no more copies.
Outcome hits_are_those_of_a_flood();
/// And spared are exactly the last copies to peers whose words or content ids do not match, but for
/// few that a filter takes for others; the report counts them.
Outcome spared_are_those_that_cannot_match();
/// When shares change, what is new is found by the next search, whenever it comes.
Outcome what_is_new_is_found();

}  // namespace shoal::tests
