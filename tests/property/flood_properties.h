// SPDX-License-Identifier: Apache-2.0
// What a flooded search promises, each as one property over drawn worlds. True when it held in
// every case. Built twice: with the flood that ships, and with one into which bugs can be planted.
#pragma once

namespace shoal::tests {

enum class Outcome {
  kHeld,
  kFalsified,  ///< a counterexample is on stderr
  kThin,       ///< held, but some class of hard cases was hardly drawn
};

Outcome exactly_the_peers_within_ttl_hops_are_asked();
Outcome under_faults_a_subset_is_asked_and_all_that_stayed_connected();
Outcome each_peer_answers_a_query_once();
Outcome classic_copies_are_twice_the_links_less_a_tree();
Outcome complete_reports_equal_what_the_world_saw();
Outcome incomplete_reports_are_lower_bounds();
Outcome every_search_ends_once_in_time_and_is_then_silent();
Outcome no_honest_peer_is_ever_struck();
Outcome parents_never_give_up_before_their_children();
Outcome what_nobody_asked_for_changes_nothing();
Outcome every_asked_holder_is_found_and_nobody_else();
Outcome a_search_that_is_taken_back_goes_quiet_and_leaves_nothing();
Outcome without_echoes_a_search_ends_at_its_deadline_with_its_hits();
Outcome equal_worlds_run_equally();

}  // namespace shoal::tests
