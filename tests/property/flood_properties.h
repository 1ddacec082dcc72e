// SPDX-License-Identifier: Apache-2.0
// What a flooded search promises beyond the contract (tests/conformance), each as one property over
// drawn worlds. Built twice: with the flood that ships, and with one into which bugs can be
// planted.
#pragma once

#include "tests/conformance/worlds.h"

namespace shoal::tests {

Outcome exactly_the_peers_within_ttl_hops_are_asked();
Outcome under_faults_a_subset_is_asked_and_all_that_stayed_connected();
Outcome classic_copies_are_twice_the_links_less_a_tree();
Outcome complete_reports_equal_what_the_world_saw();
Outcome incomplete_reports_are_lower_bounds();
Outcome parents_never_give_up_before_their_children();
Outcome without_echoes_a_search_ends_at_its_deadline_with_its_hits();

}  // namespace shoal::tests
