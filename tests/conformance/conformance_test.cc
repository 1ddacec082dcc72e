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

TEST(Traits, AreStatedByEachOverlay) {
  for (const overlay::OverlayEntry& entry : overlay::registry()) {
    EXPECT_NE(traits_of(entry.id), nullptr)
        << entry.name << " has no row in tests/conformance/traits.cc";
  }
}

class Contract : public testing::TestWithParam<std::tuple<std::string_view, Clause>> {};

TEST_P(Contract, Holds) {
  const auto& [name, clause] = GetParam();
  EXPECT_EQ(clause.holds(*traits_of(name)), Outcome::kHeld);
}

std::vector<std::string_view> all_names() {
  std::vector<std::string_view> names;
  for (const Traits& traits : all_traits()) names.push_back(traits.name);
  return names;
}

std::string name_of(const testing::TestParamInfo<Contract::ParamType>& info) {
  const auto& [name, clause] = info.param;
  return std::string(name) + clause.name;
}

INSTANTIATE_TEST_SUITE_P(
    Every, Contract,
    testing::Combine(
        testing::ValuesIn(all_names()),
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
