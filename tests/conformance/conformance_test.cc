// SPDX-License-Identifier: Apache-2.0
// The contract, for every overlay in the registry: one that is added there is tested here.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "tests/conformance/contract.h"

namespace shoal::tests {
namespace {

struct Clause {
  const char* name;
  Outcome (*holds)(const Traits& traits);
};

/// So that the tests' names hold no addresses, which differ from run to run.
void PrintTo(const Clause& clause, std::ostream* out) { *out << clause.name; }

class Contract : public testing::TestWithParam<std::tuple<OverlayId, Clause>> {};

TEST_P(Contract, Holds) {
  const auto& [id, clause] = GetParam();
  const Traits* const traits = traits_of(id);
  ASSERT_NE(traits, nullptr) << "the overlay has no row in tests/conformance/traits.cc";
  EXPECT_EQ(clause.holds(*traits), Outcome::kHeld);
}

std::vector<OverlayId> all_overlays() {
  std::vector<OverlayId> ids;
  for (const overlay::OverlayEntry& entry : overlay::registry()) ids.push_back(entry.id);
  return ids;
}

std::string name_of(const testing::TestParamInfo<Contract::ParamType>& info) {
  const auto& [id, clause] = info.param;
  return std::string(overlay::find_in(overlay::registry(), id)->name) + clause.name;
}

INSTANTIATE_TEST_SUITE_P(
    Every, Contract,
    testing::Combine(
        testing::ValuesIn(all_overlays()),
        testing::Values(
            Clause{"EachPeerAnswersAQueryOnce", each_peer_answers_a_query_once},
            Clause{"EverySearchEndsOnceInTimeAndIsThenSilent",
                   every_search_ends_once_in_time_and_is_then_silent},
            Clause{"NoHonestPeerIsEverStruck", no_honest_peer_is_ever_struck},
            Clause{"EveryAskedHolderIsFoundAndNobodyElse",
                   every_asked_holder_is_found_and_nobody_else},
            Clause{"ASearchThatIsTakenBackGoesQuietAndLeavesNothing",
                   a_search_that_is_taken_back_goes_quiet_and_leaves_nothing},
            Clause{"EqualWorldsRunEqually", equal_worlds_run_equally},
            Clause{"UnderFaultsOnlyAskedHoldersAnswer", under_faults_only_asked_holders_answer},
            Clause{"NoCopyGainsHops", no_copy_gains_hops},
            Clause{"CopiesStayWithinTheStatedBound", copies_stay_within_the_stated_bound},
            Clause{"CompleteIsSaidOnlyWhenTrue", complete_is_said_only_when_true},
            Clause{"TablesStayBoundedAndEmptyAgain", tables_stay_bounded_and_empty_again},
            Clause{"WhatNobodyAskedForChangesNothing", what_nobody_asked_for_changes_nothing},
            Clause{"GarbageChangesNothing", garbage_changes_nothing},
            Clause{"StaleMessagesChangeNothing", stale_messages_change_nothing})),
    name_of);

}  // namespace
}  // namespace shoal::tests
