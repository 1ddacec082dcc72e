// SPDX-License-Identifier: Apache-2.0
// What rings promise beyond the contract, each as one property over drawn worlds. Built twice: with
// the overlay that ships, and with one into which bugs can be planted.
#pragma once

#include "tests/conformance/worlds.h"

namespace shoal::tests {

enum class Manner { kQuiet, kRestart };

/// Without faults: the peers within as many hops as the first ring that finds something has, none
/// further out; the report says the same, hop by hop, and why it ended.
Outcome rings_grow_until_one_finds_something(Manner manner);
/// With equal delays the copies are those of a flood for each ring.
Outcome copies_are_those_of_a_flood_for_each_ring(Manner manner);
/// Inner peers look among their files once in the quiet manner, else once a ring.
Outcome inner_peers_are_looked_up_as_the_manner_says(Manner manner);
/// Without faults, `enough` pairs are found if there are so many within the TTL, none twice.
Outcome rings_grow_until_enough_is_found(Manner manner);
/// Whatever goes wrong: a report that says complete equals what the world saw.
Outcome complete_ring_reports_equal_what_the_world_saw(Manner manner);
/// Else peers within h hops are lower bounds.
Outcome other_ring_reports_are_lower_bounds(Manner manner);
/// Without echoes too all rings are made within the budget, and what they reach is found.
Outcome without_echoes_rings_share_the_time(Manner manner);

}  // namespace shoal::tests
