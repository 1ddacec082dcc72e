// SPDX-License-Identifier: Apache-2.0
// Traces of searches that go by messages of an overlay's own.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sim/experiment/run.h"
#include "sim/experiment/trace_run.h"

namespace shoal::sim {
namespace {

constexpr std::uint64_t kSeeds = 8;

Experiment example(const std::string& name, const std::vector<Override>& changes) {
  auto experiment = load_experiment("configs/sim/" + name + ".yaml", changes);
  EXPECT_TRUE(experiment) << experiment.error().why;
  return *experiment;
}

TracedSearch traced(const Experiment& experiment, std::uint64_t seed) {
  auto search = trace_search(experiment, seed);
  EXPECT_TRUE(search) << search.error().why;
  EXPECT_TRUE(search->trace->report());
  return std::move(*search);
}

std::uint64_t count(const Trace& trace, CopyFate fate) {
  return static_cast<std::uint64_t>(
      std::count_if(trace.copies().begin() + 1, trace.copies().end(),
                    [fate](const TracedCopy& copy) { return copy.fate == fate; }));
}

void expect_copies_follow_their_parents(const Trace& trace) {
  std::set<std::uint32_t> asked;
  for (std::size_t i = 1; i < trace.copies().size(); ++i) {
    const TracedCopy& copy = trace.copies()[i];
    const TracedCopy& parent = trace.copies()[copy.parent];
    EXPECT_LT(copy.parent, i);
    EXPECT_EQ(parent.to, copy.from);
    EXPECT_LT(parent.at, copy.at);
    EXPECT_EQ(copy.hop, parent.hop + 1);
    if (copy.fate == CopyFate::kAsked) {
      EXPECT_TRUE(asked.insert(copy.to).second);
    }
  }
}

TEST(TraceOfARumour, TellsTheSameStoryAsTheMeasures) {
  const Experiment experiment =
      example("gossip", {{"topology.peers", "60"}, {"topology.degree", "6"}});
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const TracedSearch search = traced(experiment, seed);
    const auto result =
        run_once(example("gossip", {{"topology.peers", "60"},
                                    {"topology.degree", "6"},
                                    {"workload.searches", "1"},
                                    {"workload.source", std::to_string(search.origin)}}),
                 seed);
    ASSERT_TRUE(result);
    expect_copies_follow_their_parents(*search.trace);
    const std::uint64_t asked = count(*search.trace, CopyFate::kAsked);
    EXPECT_GT(asked, 50U);
    EXPECT_EQ(search.trace->copies().size() - 1,
              asked + count(*search.trace, CopyFate::kDuplicate));
    EXPECT_NEAR(result->reach, static_cast<double>(asked), 8);  // another life of the same rumour
  }
}

TEST(TraceOfAWalk, FollowsEachWalkerToItsEndAndSaysWhyItEnded) {
  const Experiment experiment = example("walk", {{"topology.peers", "100"},
                                                 {"overlay.walkers", "5"},
                                                 {"overlay.steps", "20"},
                                                 {"overlay.check_back", "off"},
                                                 {"content.holders_mod", "50"},
                                                 {"network.delay", "uniform"}});
  bool found = false;
  bool made = false;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const TracedSearch search = traced(experiment, seed);
    const auto& copies = search.trace->copies();
    expect_copies_follow_their_parents(*search.trace);
    EXPECT_EQ(copies.size() - 1, search.trace->report()->counts.copies);
    EXPECT_EQ(static_cast<std::int64_t>(count(*search.trace, CopyFate::kAsked)),
              search.trace->report()->peers_asked());
    std::vector<std::uint32_t> followed(copies.size());
    for (std::size_t i = 1; i < copies.size(); ++i) {
      const TracedCopy& copy = copies[i];
      ASSERT_TRUE(copy.walker);
      if (copy.parent == 0) continue;
      EXPECT_EQ(copies[copy.parent].walker, copy.walker);
      EXPECT_EQ(++followed[copy.parent], 1U);
    }
    for (std::size_t i = 1; i < copies.size(); ++i) {
      const TracedCopy& copy = copies[i];
      EXPECT_EQ(copy.ended.empty(), followed[i] == 1) << "seed " << seed << " copy " << i;
      if (copy.ended.empty()) continue;
      if (copy.ended == "it found something") {
        found = true;
        EXPECT_TRUE(search.catalogue->holds(copy.to, search.file));
        EXPECT_EQ(copy.hits, copy.fate == CopyFate::kAsked ? 1U : 0U);
      } else {
        EXPECT_EQ(copy.ended, "its steps are made");
        EXPECT_EQ(copy.hop, 20U);
        made = true;
      }
    }
  }
  EXPECT_TRUE(found && made);
}

TEST(TraceOfALookup, NamesWhoWasAskedAndByWhoseAnswer) {
  const Experiment experiment = example("kademlia", {{"topology.peers", "200"},
                                                     {"content.files", "40"},
                                                     {"network.min", "20ms"},
                                                     {"churn.kind", "none"}});
  bool deeper = false;
  bool holder = false;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const TracedSearch search = traced(experiment, seed);
    const auto& copies = search.trace->copies();
    EXPECT_EQ(copies.size() - 1, search.trace->report()->counts.copies);
    EXPECT_GE(count(*search.trace, CopyFate::kConsulted), 20U);
    for (std::size_t i = 1; i < copies.size(); ++i) {
      const TracedCopy& copy = copies[i];
      EXPECT_EQ(copy.from, search.origin);
      ASSERT_TRUE(copy.answered);
      EXPECT_GT(*copy.answered, copy.at);
      if (copy.fate == CopyFate::kAsked) {
        holder = true;
        EXPECT_TRUE(search.catalogue->holds(copy.to, search.file));
      } else {
        EXPECT_EQ(copy.fate, CopyFate::kConsulted);
        EXPECT_GT(copy.named, 0U);
      }
      if (copy.parent == 0) continue;
      deeper = deeper || copies[copy.parent].parent != 0;
      EXPECT_EQ(copies[copy.parent].fate, CopyFate::kConsulted);
      EXPECT_LT(*copies[copy.parent].answered, copy.at);
    }
  }
  EXPECT_TRUE(deeper && holder);
}

}  // namespace
}  // namespace shoal::sim
