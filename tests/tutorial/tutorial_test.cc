// SPDX-License-Identifier: Apache-2.0
// The tutorial's code is what ships; the contract over it, compiled from the page, is beside this
// (conformance_test.cc), and a search of it here. ctest runs tests in the repository's root.
#include <gtest/gtest.h>

#include "overlay/core/registry.h"
#include "overlay/gossip/gossip.h"
#include "tests/support/play.h"
#include "tests/tutorial/blocks.h"

namespace shoal::tests {
namespace {

constexpr const char* kPage = "docs/tutorial-overlay.md";

TEST(Tutorial, HoldsAllFilesOfItsOverlayAsTheyShip) {
  const Blocks blocks = blocks_of(text_of(kPage));
  ASSERT_EQ(blocks.files.size(), 3U);
  for (const auto& [path, text] : blocks.files) {
    EXPECT_TRUE(path.starts_with("overlay/gossip/")) << path;
    EXPECT_EQ(text, text_of(path)) << path << " and the page differ";
  }
}

TEST(Tutorial, QuotesOtherFilesAsTheyAre) {
  const Blocks blocks = blocks_of(text_of(kPage));
  EXPECT_GE(blocks.pieces.size(), 4U);
  for (const auto& [path, text] : blocks.pieces) {
    EXPECT_GT(text.size(), 20U);
    EXPECT_NE(text_of(path).find(text), std::string::npos) << path << " does not hold\n" << text;
  }
}

TEST(Tutorial, NamesNoOtherFileToTouch) {
  for (const auto& [path, text] : blocks_of(text_of(kPage)).pieces) {
    EXPECT_TRUE(path == "overlay/registry.cc" || path == "sim/contract/promises.cc") << path;
  }
}

// A row of peers: everybody has fewer neighbours than the fanout, so everybody hears it.
TEST(Tutorial, RunsInTheSimulator) {
  ASSERT_EQ(overlay::registry().size(), 1U);  // of made_of_the_page.cc
  Scenario scenario;
  scenario.via = overlay::kGossip;
  scenario.peers = 6;
  for (std::uint32_t peer = 1; peer < scenario.peers; ++peer) {
    scenario.links.push_back({peer - 1, peer, {milliseconds(10), milliseconds(10), {}}});
  }
  scenario.shares = {false, false, false, true, false, true};
  Asked asked;
  asked.ttl = 6;
  scenario.searches = {asked};
  const Played played = play(scenario);
  const auto& truth = played.truth->searches()[0];
  EXPECT_EQ(truth.copies, 5U);
  EXPECT_EQ(truth.found.size(), 2U);
  ASSERT_EQ(truth.reports.size(), 1U);
  EXPECT_EQ(truth.reports[0].ended, EndReason::kDeadline);
  EXPECT_FALSE(truth.reports[0].counted);
}

}  // namespace
}  // namespace shoal::tests
