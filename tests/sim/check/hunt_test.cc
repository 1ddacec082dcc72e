// SPDX-License-Identifier: Apache-2.0
#include "sim/check/hunt.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/sanitized.h"

namespace shoal::sim {
namespace {

// Those with sanitizers look at memory and threads.
constexpr std::uint64_t kSeeds = tests::address_sanitized() || tests::thread_sanitized() ? 40 : 300;

class CheckHolds : public testing::TestWithParam<std::string> {};

// A sample of what `shoal-sim check` does all night.
TEST_P(CheckHolds, ForTheFirstSeeds) {
  const auto* const overlay = overlay::find_in(overlay::registry(), GetParam());
  ASSERT_NE(promises_of(overlay->id), nullptr);
  HuntPlan plan;
  plan.overlays = {overlay};
  plan.runs = kSeeds;
  std::uint64_t told = 0;
  const Hunt found = hunt(plan, [&](const HuntProgress& progress) { told = progress.done; });
  EXPECT_EQ(told, kSeeds);
  if (found.prey) {
    const Breach& breach = found.prey->breaches[0];
    ADD_FAILURE() << words_of(breach.clause) << ": " << breach.words
                  << "\nshoal-sim check --overlay " << GetParam() << " --seed " << found.prey->seed;
  }
  if (kSeeds < 300) return;
  // That nothing was broken says something only if something happened.
  const Sights& sights = found.sights;
  EXPECT_GT(sights.calm, 300U);
  EXPECT_GT(sights.searches, sights.calm + 300);
  EXPECT_GT(sights.hits, 300U);
  EXPECT_GT(sights.crashes, 100U);
  EXPECT_GT(sights.jumps, 50U);
  EXPECT_GT(sights.strangers, 50U);
  if (overlay->asks_directly) return;  // its copies go by no link's queue
  EXPECT_GT(sights.lost, 50U);
  EXPECT_GT(sights.given_back, 50U);
  EXPECT_GT(sights.open, 100U);
  EXPECT_GT(sights.steady, 30U);
}

std::vector<const overlay::OverlayEntry*> all() {
  std::vector<const overlay::OverlayEntry*> overlays;
  for (const auto& overlay : overlay::registry()) overlays.push_back(&overlay);
  return overlays;
}

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const auto* const overlay : all()) names.emplace_back(overlay->name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Every, CheckHolds, testing::ValuesIn(names()),
                         [](const auto& test) { return test.param; });

TEST(Hunt, FindsTheSameWithAnyNumberOfJobs) {
  HuntPlan plan;
  for (const auto* const overlay : all()) plan.overlays.push_back(overlay);
  plan.first_seed = 77;
  plan.runs = 50;
  const Hunt one = hunt(plan, [](const HuntProgress&) {});
  plan.jobs = 3;
  const Hunt three = hunt(plan, [](const HuntProgress&) {});
  EXPECT_EQ(one.sights.deliveries, three.sights.deliveries);
  EXPECT_EQ(one.sights.copies, three.sights.copies);
  EXPECT_EQ(one.sights.scenarios, 50U);
}

}  // namespace
}  // namespace shoal::sim
