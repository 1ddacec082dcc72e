// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "proto/types/bodies.h"

namespace shoal {
namespace {

using Model = std::map<int, std::int64_t>;

Model model_of(const Counts& counts) {
  Model model;
  for (std::size_t at = 0; at < counts.peers_by_hop.size(); ++at) {
    if (counts.peers_by_hop[at] != 0) {
      model[static_cast<int>(counts.first_hop + at)] = counts.peers_by_hop[at];
    }
  }
  return model;
}

Counts any_counts(Model& model) {
  Counts counts;
  const auto adds = *rc::gen::inRange(0, 8).as("adds");
  for (int i = 0; i < adds; ++i) {
    const auto hop = *rc::gen::inRange(0, 256).as("hop");
    const auto peers = *rc::gen::inRange(-5, 6).as("peers");
    counts.add_peers(static_cast<std::uint8_t>(hop), peers);
    model[hop] += peers;
  }
  std::erase_if(model, [](const auto& each) { return each.second == 0; });
  counts.copies = *rc::gen::inRange(0U, 100U).as("copies");
  counts.unsearched = *rc::gen::inRange(0U, 100U).as("unsearched");
  return counts;
}

RC_GTEST_PROP(Counts, AddUpHopByHopInAnyOrder, ()) {
  Model left_model;
  Model right_model;
  const Counts left = any_counts(left_model);
  const Counts right = any_counts(right_model);
  RC_ASSERT(model_of(left) == left_model);
  Counts sum = left;
  sum.add(right);
  Counts other_way = right;
  other_way.add(left);
  for (const auto& [hop, peers] : right_model) left_model[hop] += peers;
  std::erase_if(left_model, [](const auto& each) { return each.second == 0; });
  RC_ASSERT(model_of(sum) == left_model);
  RC_ASSERT(model_of(other_way) == left_model);
  RC_ASSERT(sum.copies == left.copies + right.copies);
  RC_ASSERT(sum.unsearched == other_way.unsearched);
}

TEST(Counts, SaturateWhateverPeersClaim) {
  Counts counts;
  counts.add_peers(1, INT32_MAX);
  counts.add_peers(1, INT32_MAX);
  EXPECT_EQ(counts.peers_by_hop.at(0), INT32_MAX);
  counts.add_peers(2, INT32_MIN);
  counts.add_peers(2, -1);
  EXPECT_EQ(counts.peers_by_hop.at(1), INT32_MIN);
  counts.copies = UINT32_MAX - 1;
  Counts more;
  more.copies = 5;
  counts.add(more);
  EXPECT_EQ(counts.copies, UINT32_MAX);
}

TEST(Counts, DropHopsThatNoNumberNames) {
  Counts far;
  far.first_hop = 255;
  far.peers_by_hop = {1, 1};
  Counts sum;
  sum.add(far);
  EXPECT_EQ(sum.first_hop, 255);
  EXPECT_EQ(sum.peers_by_hop, std::vector<std::int32_t>{1});
}

TEST(Counts, AreEmptyWhenAllIsZero) {
  EXPECT_TRUE(Counts{}.empty());
  Counts zeros;
  zeros.add_peers(3, 1);
  EXPECT_FALSE(zeros.empty());
  zeros.add_peers(3, -1);
  EXPECT_TRUE(zeros.empty());
  for (auto member : {&Counts::copies, &Counts::duplicates, &Counts::refused, &Counts::unanswered,
                      &Counts::dropped, &Counts::cut_by_budget, &Counts::unsearched,
                      &Counts::hits_dropped, &Counts::spared}) {
    Counts one;
    one.*member = 1;
    EXPECT_FALSE(one.empty());
    Counts sum;
    sum.add(one);
    EXPECT_EQ(sum, one);  // none is forgotten
  }
}

}  // namespace
}  // namespace shoal
