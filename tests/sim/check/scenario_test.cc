// SPDX-License-Identifier: Apache-2.0
#include "sim/check/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "overlay/core/registry.h"
#include "sim/check/draw.h"
#include "sim/check/play.h"
#include "sim/check/shrink.h"

namespace shoal::sim {
namespace {

const overlay::OverlayEntry& flood() {
  return *overlay::find_in(overlay::registry(), overlay::kFlood);
}

std::string why(const std::string& text) {
  const auto read = parse_scenario(text, "x.txt");
  if (read) return "";
  EXPECT_EQ(read.error().code, Errc::kInvalidArgument);
  return read.error().why;
}

TEST(Scenario, ReadsBackAsItWasWritten) {
  for (const auto& overlay : overlay::registry()) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      const Scenario drawn = draw_scenario(overlay, seed);
      const auto again = parse_scenario(text_of(drawn, {"a remark"}), "x.txt");
      ASSERT_TRUE(again) << again.error().why;
      EXPECT_EQ(*again, drawn) << overlay.name << ' ' << seed;
    }
  }
}

// On every machine, with every compiler and library.
TEST(Scenario, IsDrawnAlikeEverywhere) {
  std::uint64_t sum = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    for (const char letter : text_of(draw_scenario(flood(), seed))) {
      sum = (sum ^ static_cast<std::uint8_t>(letter)) * 0x100'0000'01b3ULL;
    }
  }
  EXPECT_EQ(sum, 17'439'885'062'745'161'384ULL) << "only a change of what is drawn changes this";
}

TEST(Scenario, DrawsEverythingThatMayHappen) {
  std::size_t crashes = 0;
  std::size_t downs = 0;
  std::size_t stalls = 0;
  std::size_t jumps = 0;
  std::size_t drifts = 0;
  std::size_t changes = 0;
  std::size_t cancels = 0;
  std::size_t silent = 0;
  std::size_t classic = 0;
  std::size_t tight = 0;
  std::size_t open = 0;
  constexpr std::uint64_t kSeeds = 300;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Scenario drawn = draw_scenario(flood(), seed);
    const auto has = [&](Trouble::Kind kind) {
      return std::ranges::find(drawn.troubles, kind, &Trouble::kind) != drawn.troubles.end();
    };
    const auto asks = [&](auto is) { return std::ranges::any_of(drawn.searches, is); };
    crashes += has(Trouble::Kind::kCrash) ? 1U : 0U;
    downs += has(Trouble::Kind::kDown) ? 1U : 0U;
    stalls += has(Trouble::Kind::kStall) ? 1U : 0U;
    jumps += has(Trouble::Kind::kJump) ? 1U : 0U;
    drifts += has(Trouble::Kind::kDrift) ? 1U : 0U;
    changes += drawn.changes.empty() ? 0U : 1U;
    cancels += asks([](const Ask& ask) { return ask.cancelled.has_value(); }) ? 1U : 0U;
    silent += asks([](const Ask& ask) { return !ask.echo; }) ? 1U : 0U;
    classic += asks([](const Ask& ask) { return ask.rule == DuplicateRule::kClassic; }) ? 1U : 0U;
    tight += drawn.queue < 4 ? 1U : 0U;
    open += drawn.open ? 1U : 0U;
    EXPECT_TRUE(asks([&](const Ask& ask) { return ask.at >= drawn.heal + kSettle; }));
    EXPECT_TRUE(asks([&](const Ask& ask) { return ask.at < drawn.heal; }));
    for (const Trouble& trouble : drawn.troubles) EXPECT_LT(trouble.from, drawn.heal);
  }
  for (const std::size_t count :
       {crashes, downs, stalls, jumps, drifts, changes, cancels, silent, classic, tight, open}) {
    EXPECT_GE(count, kSeeds / 10);
  }
}

TEST(Scenario, NamesTheLineThatIsWrong) {
  EXPECT_EQ(why(""), "x.txt:0: \"shoal-check 1\" is expected");
  EXPECT_EQ(why("scenario\n"), "x.txt:1: \"shoal-check 1\" is expected");
  const std::string head = "shoal-check 1\n# remark\n\noverlay flood\npeers 3\n";
  EXPECT_EQ(why(head), "");
  EXPECT_EQ(why(head + "wings 2\n"), "x.txt:6: there is no line \"wings\"");
  EXPECT_EQ(why(head + "link 0 1 10ms\n"), "x.txt:6: \"link PEER PEER DELAY DELAY\" is expected");
  EXPECT_EQ(why(head + "link 0 3 1ms 1ms\n"),
            "x.txt:6: \"link PEER PEER DELAY DELAY\" is expected; there are peers 0 to 2");
  EXPECT_EQ(why(head + "link 1 1 1ms 1ms\n"),
            "x.txt:6: \"link PEER PEER DELAY DELAY\" is expected; two peers have one link at most");
  EXPECT_EQ(why(head + "down 1s 2s 0 1\n"),
            "x.txt:6: \"down FROM TO PEER PEER\" is expected; these peers have no link");
  EXPECT_NE(why(head + "search 1s 0 0 0\n"), "");
  EXPECT_NE(why(head + "search 1s 0 0 16\n"), "");
  EXPECT_NE(why(head + "search 1s 0 0 3 rule=loud\n"), "");
  EXPECT_NE(why(head + "search 1s 0 0 3 .wings=2\n"), "");
  EXPECT_NE(why(head + "jump 1s 0 -5\n"), "");
  EXPECT_NE(why(head + "drift 1s 0 1000000000\n"), "");
  EXPECT_NE(why(head + "peers 0\n"), "");
  EXPECT_NE(why(head + "peers 1000\n"), "");
  EXPECT_NE(why(head + "heal tomorrow\n"), "");
  EXPECT_EQ(why(head + "open 5 30 0 10s 0 0 1\n"), "");
  EXPECT_EQ(why(head + "open 5 30 0 10s 0 0\n"),
            "x.txt:6: \"open ACTIVE PASSIVE RENEWAL CYCLE CONTACT.. (one for each peer)\" is "
            "expected; there are peers 0 to 2");
  EXPECT_NE(why(head + "open 0 30 0 10s 0 0 1\n"), "");
  EXPECT_NE(why(head + "open 5 30 0 0 0 0 1\n"), "");
  EXPECT_EQ(why("shoal-check 1\noverlay wings\n"),
            "x.txt:2: \"overlay NAME\" is expected; there is no overlay \"wings\"");
}

TEST(Shrink, KeepsWhatMattersAndNothingElse) {
  const Scenario drawn = [] {
    for (std::uint64_t seed = 0;; ++seed) {
      Scenario scenario = draw_scenario(flood(), seed);
      if (scenario.peers >= 10 && scenario.links.size() >= 12 && scenario.troubles.size() >= 8) {
        return scenario;
      }
    }
  }();
  const CheckedLink kept = drawn.links[7];
  std::uint32_t asked = 0;
  const auto fails = [&](const Scenario& scenario) {
    ++asked;
    return std::ranges::any_of(scenario.links,
                               [&](const CheckedLink& link) { return link.there == kept.there; });
  };
  const Shrunk small = shrink(drawn, fails, 10'000);
  EXPECT_EQ(small.tries, asked);
  EXPECT_EQ(small.scenario.links.size(), 1U);
  EXPECT_EQ(small.scenario.links[0].there, kept.there);
  EXPECT_EQ(small.scenario.peers, 2U);
  EXPECT_TRUE(small.scenario.searches.empty());
  EXPECT_TRUE(small.scenario.troubles.empty());
  EXPECT_TRUE(small.scenario.holdings.empty());
  EXPECT_EQ(shrink(drawn, fails, 10'000).scenario, small.scenario);
  EXPECT_EQ(shrink(drawn, fails, 5).tries, 5U);
}

TEST(Play, MakesAPageOfAScenario) {
  const Scenario drawn = draw_scenario(flood(), 4);
  const auto page = page_of(drawn, "shoal-sim check x.txt");
  ASSERT_TRUE(page) << page.error().why;
  EXPECT_NE(page->find("A scenario in which the contract holds"), std::string::npos);
  EXPECT_EQ(*page, *page_of(drawn, "shoal-sim check x.txt"));
}

}  // namespace
}  // namespace shoal::sim
