// SPDX-License-Identifier: Apache-2.0
// What gossip promises beyond the contract, each as one property over drawn worlds. Built twice:
// with the gossip that ships, and with ones into which bugs were planted.
#pragma once

#include "tests/conformance/worlds.h"

namespace shoal::tests {

Outcome who_hears_it_first_tells_exactly_fanout_others_once();
Outcome hits_return_the_way_the_query_came();
Outcome a_search_ends_with_what_was_found_and_claims_no_more();
Outcome whoever_is_asked_has_time_to_answer();
/// Not drawn: a hit of a friend that was not told, with all else right.
bool hits_of_whom_nobody_told_are_rejected();
/// Not drawn: of two neighbours that were told one link dies, and then the other.
bool a_search_ends_when_nobody_who_was_told_is_left();
/// Not drawn: many searches of one peer with eight friends.
bool chance_prefers_nobody();

}  // namespace shoal::tests
