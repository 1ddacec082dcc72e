// SPDX-License-Identifier: Apache-2.0
#include "sim/topology/families.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "proto/types/limits.h"

namespace shoal::sim {
namespace {

// Sums of all links' hashes: another graph has another one.
std::uint64_t fingerprint(const Graph& graph) {
  std::uint64_t sum = graph.size();
  for (std::uint32_t peer = 0; peer < graph.size(); ++peer) {
    for (const std::uint32_t other : graph.neighbours(peer)) {
      sum += Rng(std::uint64_t{peer} << 32 | other).next();
    }
  }
  return sum;
}

Error refusal(std::string_view family, const TopologyParameters& parameters) {
  const auto made = make_graph(family, parameters, 1);
  if (!made) return made.error();
  ADD_FAILURE() << family << " was made";
  return {};
}

TEST(Families, NameOnlyParametersThatAreExplained) {
  std::set<std::string_view> explained;
  for (const ParameterDoc& parameter : topology_parameters()) explained.insert(parameter.name);
  std::set<std::string_view> used;
  for (const Family& family : families()) {
    EXPECT_EQ(find_family(family.name), &family);
    EXPECT_FALSE(family.doc.empty());
    std::istringstream names{std::string(family.parameters)};
    for (std::string name; names >> name;) {
      EXPECT_TRUE(explained.contains(name)) << family.name << " takes " << name;
      used.insert(*explained.find(name));
    }
  }
  EXPECT_EQ(used, explained);
}

TEST(Families, AnUnknownOneIsRefusedWithTheNamesOfAll) {
  const Error error = refusal("random", {});
  EXPECT_EQ(error.code, Errc::kInvalidArgument);
  EXPECT_EQ(error.what, "no topology is called random");
  EXPECT_NE(error.next.find("random-regular, erdos-renyi"), std::string::npos);
}

TEST(Families, ImpossibleGraphsAreRefusedInWords) {
  struct Case {
    std::string_view family;
    TopologyParameters parameters;
    std::string_view why;
  };
  const std::vector<Case> cases = {
      {"ring", {.peers = 2}, "a ring has at least 3"},
      {"petersen", {.peers = 11}, "it has 10"},
      {"tree", {.branching = 0}, "its peers would have no children"},
      {"grid", {.peers = 10}, "10 is no square"},
      {"grid", {.peers = 10, .width = 4}, "10 cannot be parted into rows of 4"},
      {"torus", {.peers = 10, .width = 5}, "both sides are rings, and a ring has at least 3"},
      {"hypercube", {.peers = 1000}, "a hypercube has 1, 2, 4, 8, ... peers"},
      {"random-regular", {.peers = 8, .degree = 8}, "a peer has links to others only"},
      {"random-regular", {.peers = 9, .degree = 3}, "every link has two ends, and 27 is odd"},
      {"erdos-renyi", {.peers = 8, .degree = 8}, "a peer cannot have 8 links in the mean"},
      {"erdos-renyi", {.peers = 8, .probability = 1.5}, "a probability is between 0 and 1"},
      {"watts-strogatz", {.degree = 3}, "half of the links go to either side of the ring"},
      {"watts-strogatz", {.peers = 4, .degree = 4}, "a peer has links to others only"},
      {"watts-strogatz", {.rewire = -0.1}, "rewire is a probability, between 0 and 1"},
      {"barabasi-albert", {.links = 0}, "they would know nobody"},
      {"barabasi-albert", {.peers = 4, .links = 4}, "it begins with one peer more than that"},
      {"k-out", {.peers = 4, .links = 4}, "there are not so many others"},
      {"configuration",
       {.degree_min = 0},
       "degrees go from degree_min, at least 1, up to degree_max"},
      {"configuration", {.peers = 4, .degree_max = 4}, "a peer has links to others only"},
      {"configuration", {.exponent = -1}, "its exponent is not between 0 and 20"},
  };
  for (const Case& impossible : cases) {
    const Error error = refusal(impossible.family, impossible.parameters);
    EXPECT_EQ(error.code, Errc::kInvalidArgument) << impossible.family;
    EXPECT_EQ(error.why, impossible.why) << impossible.family;
    EXPECT_FALSE(error.next.empty()) << impossible.family;
  }
}

TEST(Families, GraphsThatAreTooLargeAreRefusedBeforeTheyAreMade) {
  for (const std::string_view family : {"complete", "random-regular", "erdos-renyi", "k-out",
                                        "watts-strogatz", "barabasi-albert"}) {
    const Error error = refusal(family, {.peers = 1'000'000, .degree = 10'000, .links = 10'000});
    EXPECT_EQ(error.code, Errc::kTooLarge) << family;
  }
  EXPECT_EQ(refusal("ring", {.peers = 0}).code, Errc::kInvalidArgument);
  EXPECT_EQ(refusal("ring", {.peers = limits::kSimPeersMax + 1}).code, Errc::kInvalidArgument);
}

// Whatever machine or compiler made them.
TEST(Families, SameSeedSameGraphEverywhere) {
  const TopologyParameters parameters{.peers = 1024, .degree = 6, .links = 3};
  const std::vector<std::pair<std::string_view, std::uint64_t>> expected = {
      {"random-regular", 2533544904178002749U},  {"erdos-renyi", 17607399172108847487U},
      {"watts-strogatz", 14891786753816463442U}, {"barabasi-albert", 10839421011569348301U},
      {"k-out", 14408792630761695804U},          {"configuration", 14202223680786483140U},
  };
  for (const auto& [family, print] : expected) {
    const Graph graph = make_graph(family, parameters, 42).value();
    EXPECT_EQ(fingerprint(graph), print) << family;
    EXPECT_EQ(graph, make_graph(family, parameters, 42).value()) << family;
    EXPECT_NE(graph, make_graph(family, parameters, 43).value()) << family;
  }
}

}  // namespace
}  // namespace shoal::sim
