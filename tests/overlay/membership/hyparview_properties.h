// SPDX-License-Identifier: Apache-2.0
// What HyParView promises, each as a property over drawn open networks. Built twice: as it ships,
// and with bugs that can be planted.
#pragma once

namespace shoal::tests {

// Each is true if it held.
bool views_stay_within_their_bounds();
bool passive_views_hold_neither_self_nor_neighbours_nor_anybody_twice();
bool friends_are_never_let_go();
bool no_link_stays_that_one_end_does_not_want();
bool links_that_a_peer_does_not_want_end_at_once();
bool unasked_replies_change_nothing();
bool handles_are_given_back();
bool garbage_is_rejected_and_changes_nothing();
bool lives_are_replayed_exactly();

}  // namespace shoal::tests
