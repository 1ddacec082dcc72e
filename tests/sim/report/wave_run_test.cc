// SPDX-License-Identifier: Apache-2.0
#include "sim/report/wave_run.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "sim/experiment/trace_run.h"
#include "tests/sim/experiment/drawn_network.h"
#include "tests/sim/experiment/flood.h"
#include "tests/sim/report/page_data.h"

namespace shoal::sim {
namespace {

using Row = std::tuple<std::int64_t, std::uint32_t, std::uint32_t, int, int, std::string>;

std::int64_t us(Duration time) { return time.count(); }

Experiment small_unrest() {
  Experiment experiment;
  experiment.topology.parameters.peers = 60;
  experiment.topology.parameters.degree = 4;
  experiment.network.delay = "uniform";
  experiment.network.jitter = milliseconds(3);
  experiment.content.files = 5;
  experiment.content.replicas = 12;
  experiment.workload.start = seconds(5);
  experiment.overlay.ttl = 7;
  experiment.faults.rates.link_downs = {150, milliseconds(80)};
  experiment.faults.rates.stalls = {80, milliseconds(40)};
  experiment.faults.rates.crashes = {20, milliseconds(150)};
  return experiment;
}

// What the page says of copies is what the trace of the same search says.
RC_GTEST_PROP(WaveRun, ShowsExactlyTheCopiesOfTheTrace, ()) {
  const tests::TempFolder folder;
  const DrawnNetwork drawn;
  Experiment experiment = classic_experiment();
  drawn.give(experiment, folder);
  experiment.overlay.duplicates =
      *rc::gen::element(DuplicateRule::kClassic, DuplicateRule::kDeepest).as("rule");
  experiment.network.delay = *rc::gen::element<std::string>("constant", "uniform").as("delay");
  experiment.content.files = 1;
  experiment.content.replicas =
      *rc::gen::inRange<std::uint32_t>(1, drawn.graph.size() + 1).as("replicas");
  const auto search = trace_search(experiment, 7);
  const auto wave = wave_of(experiment, 7);
  RC_ASSERT((search.has_value() && wave.has_value()));
  const auto page = wave_html(*wave);
  RC_ASSERT(page.has_value());
  const auto data = data_of(*page);

  std::vector<Row> expected;
  std::multiset<std::int64_t> answers;
  const auto& copies = search->trace->copies();
  for (std::size_t i = 1; i < copies.size(); ++i) {
    const TracedCopy& copy = copies[i];
    expected.emplace_back(us(copy.at - search->started), copy.from, copy.to, copy.ttl, copy.hop,
                          to_text(copy.fate));
    if (copy.answered) answers.insert(us(*copy.answered - search->started));
  }
  std::vector<Row> shown;
  std::uint32_t found = 0;
  std::multiset<std::int64_t> echoes;
  for (const auto& item : data.at("events").get_array()) {
    const auto& row = item.get_array();
    const std::string kind(row[2].get_string());
    if (kind == "found") found += row[7].to_number<std::uint32_t>();
    if (kind == "echo") echoes.insert(row[0].get_int64());
    if (kind == "echo" || kind == "found" || kind == "hit" || kind == "finished") continue;
    shown.emplace_back(row[0].get_int64(), row[4].to_number<std::uint32_t>(),
                       row[5].to_number<std::uint32_t>(), row[8].to_number<int>(),
                       row[9].to_number<int>(), kind);
    RC_ASSERT(row[1].get_int64() < row[0].get_int64());
  }
  RC_ASSERT(shown == expected);
  RC_ASSERT(echoes == answers);
  RC_ASSERT(found == search->trace->found());
  const auto& report = data.at("searches").at(0).at("report");
  RC_ASSERT(report.at("counts").at("copies").to_number<std::size_t>() == copies.size() - 1);
}

// Whatever arrives comes over a link that is up, and leaves once its sender has it.
TEST(WaveRun, TellsOfPeersAndLinksThatGoWhenTheyGo) {
  std::map<WaveKind, int> seen;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto wave = wave_of(small_unrest(), seed);
    if (!wave) continue;  // who would search is away
    std::set<std::uint32_t> gone(wave->down_peers.begin(), wave->down_peers.end());
    std::set<Edge> cut(wave->down_links.begin(), wave->down_links.end());
    for (const WaveEvent& event : wave->events) {
      ++seen[event.kind];
      const Edge link = std::minmax(event.from, event.to);
      switch (event.kind) {
        case WaveKind::kPeerDown:
          EXPECT_TRUE(gone.insert(event.to).second);
          break;
        case WaveKind::kPeerUp:
          EXPECT_EQ(gone.erase(event.to), 1U);
          break;
        case WaveKind::kLinkDown:
          EXPECT_TRUE(cut.insert(link).second);
          break;
        case WaveKind::kLinkUp:
          EXPECT_EQ(cut.erase(link), 1U);
          break;
        case WaveKind::kAsked:
        case WaveKind::kDeeper:
        case WaveKind::kDuplicate:
        case WaveKind::kEcho:
        case WaveKind::kHit:
        case WaveKind::kCancel:
          EXPECT_FALSE(cut.contains(link)) << to_text(event.kind);
          EXPECT_FALSE(gone.contains(event.to)) << to_text(event.kind);
          EXPECT_LT(event.left, event.at);
          EXPECT_LE(event.at - event.left, milliseconds(103 + 200));
          break;
        default:
          break;
      }
    }
    EXPECT_EQ(*wave_html(*wave), *wave_html(*wave_of(small_unrest(), seed)));
  }
  for (const WaveKind kind :
       {WaveKind::kAsked, WaveKind::kDeeper, WaveKind::kDuplicate, WaveKind::kLost, WaveKind::kEcho,
        WaveKind::kHit, WaveKind::kFound, WaveKind::kFinished, WaveKind::kPeerDown,
        WaveKind::kPeerUp, WaveKind::kLinkDown, WaveKind::kLinkUp, WaveKind::kStall,
        WaveKind::kFlow, WaveKind::kAnswerLost}) {
    EXPECT_GT(seen[kind], 0) << to_text(kind);
  }
}

TEST(WaveRun, KnowsTheHolderOfEachHit) {
  Experiment experiment = small_unrest();
  experiment.faults = {};
  const auto wave = wave_of(experiment, 3);
  ASSERT_TRUE(wave);
  const WaveSearch& search = wave->searches.front();
  std::set<std::uint32_t> found;
  for (const WaveEvent& event : wave->events) {
    if (event.kind == WaveKind::kHit || event.kind == WaveKind::kFound) {
      EXPECT_NE(std::ranges::find(search.holders, event.about), search.holders.end());
    }
    if (event.kind == WaveKind::kFound) found.insert(event.about);
  }
  EXPECT_EQ(found, std::set<std::uint32_t>(search.holders.begin(), search.holders.end()));
  EXPECT_EQ(wave->events.back().kind, WaveKind::kFinished);
}

// An overlay whose copies are messages of its own: who looks among its files was asked.
TEST(WaveRun, FollowsCopiesOfAnOverlaysOwnToo) {
  Experiment experiment = small_unrest();
  experiment.faults = {};
  experiment.overlay.via = "walk";
  const auto wave = wave_of(experiment, 5);
  const auto result = run_once(experiment, 5);
  ASSERT_TRUE(wave && result);
  std::set<std::uint32_t> asked;
  std::size_t passed = 0;
  std::size_t ended = 0;
  for (const WaveEvent& event : wave->events) {
    if (event.text.starts_with("report that walker ")) ++ended;
    if (event.kind == WaveKind::kAsked) {
      EXPECT_TRUE(asked.insert(event.to).second);
    } else if (event.kind == WaveKind::kPasses) {
      ++passed;
    }
    if (event.kind == WaveKind::kAsked || event.kind == WaveKind::kPasses) {
      EXPECT_EQ(event.text, "own");
      EXPECT_GE(event.hop, 1);
    }
  }
  EXPECT_EQ(static_cast<double>(asked.size()), result->reach);
  EXPECT_EQ(static_cast<double>(asked.size() + passed), result->messages);
  EXPECT_GT(passed, 0U);
  EXPECT_GE(ended, 16U);  // each of its walkers', from peer to peer
}

// Where all the others join, fill tables and publish.
TEST(WaveRun, LeavesOutWhatIsNotOfASearchThatAsksDirectly) {
  Experiment experiment = small_unrest();
  experiment.faults = {};
  experiment.network.parameters.min = milliseconds(20);
  experiment.overlay.via = "kademlia";
  const auto search = trace_search(experiment, 5);
  const auto wave = wave_of(experiment, 5);
  ASSERT_TRUE(search && wave);
  std::size_t requests = 0;
  std::size_t asked = 0;
  for (const WaveEvent& event : wave->events) {
    EXPECT_EQ(event.search, 0U);
    if (event.text == "request") ++requests;
    if (event.kind == WaveKind::kAsked) ++asked;
    if (event.kind == WaveKind::kOther) {
      EXPECT_EQ(event.text, event.from == search->origin ? "request" : "reply");
    }
  }
  EXPECT_EQ(wave->notes.back(), "What peers send for other purposes is left out.");
  EXPECT_GT(requests, 5U);
  EXPECT_EQ(requests + asked, search->trace->copies().size() - 1);
}

TEST(WaveRun, RefusesManyPeersBeforeTheyRun) {
  Experiment experiment;
  experiment.topology.parameters.peers = 501;
  const auto wave = wave_of(experiment, 1);
  ASSERT_FALSE(wave);
  EXPECT_EQ(wave.error().code, Errc::kInvalidArgument);
  EXPECT_NE(wave.error().why.find("501 peers"), std::string::npos) << wave.error().why;
}

}  // namespace
}  // namespace shoal::sim
