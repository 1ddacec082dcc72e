// SPDX-License-Identifier: Apache-2.0
#include "proto/types/report.h"

#include <gtest/gtest.h>

#include <set>

#include "proto/types/limits.h"

namespace shoal {
namespace {

TEST(SearchReport, SumsPeersAndKnowsThoseAtTheLastHop) {
  SearchReport report;
  report.ttl = 3;
  EXPECT_EQ(report.peers_asked(), 0);
  EXPECT_EQ(report.cut_by_ttl(), 0);
  report.counts.first_hop = 1;
  report.counts.peers_by_hop = {2, 4, 8};
  EXPECT_EQ(report.peers_asked(), 14);
  EXPECT_EQ(report.cut_by_ttl(), 8);
  report.ttl = 4;
  EXPECT_EQ(report.cut_by_ttl(), 0);  // nobody was that far
  report.counts.first_hop = 5;        // what a liar may have sent
  EXPECT_EQ(report.cut_by_ttl(), 0);
  report.counts.peers_by_hop = {INT32_MAX, INT32_MAX};
  EXPECT_EQ(report.peers_asked(), 2 * std::int64_t{INT32_MAX});
}

TEST(SearchReport, KnowsWhetherAnybodyWasAsked) {
  SearchReport report;
  EXPECT_FALSE(report.asked_anybody());
  report.counts.copies = 3;
  EXPECT_TRUE(report.asked_anybody()) << "peers to whom it has no link";
  report.first_hops.push_back({.peer = {}, .role = Role::kFriend, .state = FirstHopState::kDown});
  report.counts.copies = 0;
  EXPECT_FALSE(report.asked_anybody());
  report.first_hops.front().state = FirstHopState::kRefused;
  EXPECT_TRUE(report.asked_anybody());
}

template <class Enum>
void expect_words(int count) {
  std::set<std::string_view> words;
  for (int value = 0; value < count; ++value) words.insert(to_text(static_cast<Enum>(value)));
  EXPECT_EQ(words.size(), static_cast<std::size_t>(count));
  EXPECT_FALSE(words.contains(""));
}

TEST(SearchReport, HasAWordForEverything) {
  expect_words<EndReason>(5);
  expect_words<FirstHopState>(9);
  expect_words<Role>(4);
}

TEST(Limits, OfBudgetsFitEachOther) {
  EXPECT_EQ(limits::default_budget(5), std::chrono::milliseconds(5 * 2001 + 500));
  EXPECT_LE(limits::default_budget(limits::kTtlDefault), limits::budget_max(limits::kTtlLimit));
  EXPECT_GE(limits::remember_query_for(limits::kTtlLimit),
            2 * limits::budget_max(limits::kTtlLimit));
}

TEST(Limits, OfLeasesFitEachOther) {
  EXPECT_GE(limits::kLeaseTime, 3 * limits::kLeaseRenewal);  // two may be lost
  EXPECT_GE(limits::kJoinsBurst, 40U);
  EXPECT_GE(limits::kLeaseRequestsBurst, limits::kJoinsBurst);
  EXPECT_GE(limits::kLeaseBody, limits::kCardBytes * 4 / 3 + 256);
}

}  // namespace
}  // namespace shoal
