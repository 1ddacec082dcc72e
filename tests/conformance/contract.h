// SPDX-License-Identifier: Apache-2.0
// What every overlay promises, each as one property over drawn worlds. Built twice: with the
// overlays that ship, and with a flood into which bugs can be planted.
#pragma once

#include "tests/conformance/traits.h"
#include "tests/conformance/worlds.h"

namespace shoal::tests {

Outcome each_peer_answers_a_query_once(const Traits& traits);
Outcome every_search_ends_once_in_time_and_is_then_silent(const Traits& traits);
Outcome no_honest_peer_is_ever_struck(const Traits& traits);
Outcome every_asked_holder_is_found_and_nobody_else(const Traits& traits);
Outcome a_search_that_is_taken_back_goes_quiet_and_leaves_nothing(const Traits& traits);
Outcome equal_worlds_run_equally(const Traits& traits);
Outcome under_faults_only_asked_holders_answer(const Traits& traits);
Outcome no_copy_gains_hops(const Traits& traits);
Outcome copies_stay_within_the_stated_bound(const Traits& traits);
Outcome complete_is_said_only_when_true(const Traits& traits);
Outcome tables_stay_bounded_and_empty_again(const Traits& traits);
Outcome what_nobody_asked_for_changes_nothing(const Traits& traits);
Outcome garbage_changes_nothing(const Traits& traits);
Outcome stale_messages_change_nothing(const Traits& traits);

}  // namespace shoal::tests
