// SPDX-License-Identifier: Apache-2.0
// What Kademlia's parts promise, each as one property over 1,000 drawn cases, against the dumbest
// oracle there is. Built twice: with the Kademlia that ships, and with one into which bugs can be
// planted. True: it held.
#pragma once

namespace shoal::tests {

// ---- the table (table_properties.cc) -----------------------------------------------------------
bool the_nearest_are_those_that_sorting_finds();
bool the_table_is_what_the_rules_say();
bool a_living_contact_keeps_its_place();
bool the_dead_give_their_place();
bool refreshes_fall_into_their_buckets();

// ---- a lookup by itself (lookup_properties.cc) -------------------------------------------------
bool a_lookup_in_a_still_network_ends_with_the_nearest();
bool paths_share_neither_peers_nor_answers();
bool whom_only_liars_named_is_left_aside();
bool a_lookup_keeps_its_bounds_whatever_it_is_told();

// ---- records kept for others (provider_properties.cc) ------------------------------------------
bool offers_are_bounded_and_expire();
bool nobody_fills_a_key();
bool messages_come_back_as_they_were_and_garbage_does_not();

// ---- many peers (net_properties.cc) ------------------------------------------------------------
bool hits_come_once_and_only_from_the_asked_holder();
bool what_nobody_asked_for_changes_nothing();
bool under_churn_searches_end_once_and_handles_balance();
bool garbage_is_rejected_and_changes_nothing();

}  // namespace shoal::tests
