// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/core/index_plan.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "tests/bootstrap/core/index_support.h"

namespace shoal::bootstrap {
namespace {

TEST(IndexPlan, SaysNothingWhereNothingChanged) {
  const IndexList list{{content(1), "a"}};
  EXPECT_TRUE(plan_updates(list, list).empty());
  EXPECT_TRUE(plan_updates(IndexList(), {}).empty());
}

TEST(IndexPlan, ReplacesAllWhereItIsNotKnownWhatIsThere) {
  const auto updates = plan_updates(std::nullopt, {});
  ASSERT_EQ(updates.size(), 1U);
  EXPECT_EQ(updates[0].kind, IndexUpdate::Kind::kReplace);
  EXPECT_TRUE(updates[0].add.empty());
}

RC_GTEST_PROP(IndexPlan, LeadsToWhatIsHereInUpdatesThatAreTaken, ()) {
  const bool known = *rc::gen::arbitrary<bool>().as("known");
  const IndexList there = draw_list(12, 12, "there");
  const IndexList here = draw_list(12, 12, "here");
  IndexLimits limits;
  limits.update = *rc::gen::inRange<std::size_t>(1, 5).as("update");
  limits.per_peer = std::max(there.size(), here.size());
  const auto updates =
      plan_updates(known ? std::optional(there) : std::nullopt, here, limits.update);

  IndexList list = there;
  IndexState state{.head = {9, there.size()}, .all = there.size()};
  std::size_t said = 0;
  for (IndexUpdate update : updates) {
    update.sequence = state.head.sequence + 1;
    RC_ASSERT(check_update(update, limits).has_value());
    state.added_known = 0;
    state.removed_known = 0;
    for (const auto& each : update.add) state.added_known += list.count(each.content);
    for (const auto& each : update.remove) state.removed_known += list.count(each);
    const auto head = judge(update, state, 0, limits);
    RC_ASSERT(head.has_value());
    carry_out(update, list);
    RC_ASSERT(list.size() == head->entries);
    state.head = *head;
    state.all = list.size();
    said += update.add.size() + update.remove.size();
  }
  RC_ASSERT(list == here);
  if (!known) {
    RC_ASSERT(said == here.size());
    return;
  }
  std::size_t different = 0;
  for (const auto& [id, name] : here) {
    different += there.contains(id) && there.at(id) == name ? 0U : 1U;
  }
  for (const auto& [id, name] : there) different += here.contains(id) ? 0U : 1U;
  RC_ASSERT(said == different);
  RC_ASSERT(updates.size() == (different + limits.update - 1) / limits.update);
}

}  // namespace
}  // namespace shoal::bootstrap
