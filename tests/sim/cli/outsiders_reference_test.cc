// SPDX-License-Identifier: Apache-2.0
// The commands that outsiders are told to give, word for word, held against every row of the tables
// of walks and rings that others computed.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "tests/sim/cli/program.h"
#include "tests/support/reference_data.h"

namespace shoal::tests {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kEvery = 40;
#else
constexpr std::size_t kEvery = 1;
#endif
constexpr double kSearches = 1000;

std::string setting(const std::string& key, const std::string& value) { return key + "=" + value; }

struct Printed {
  double success = -1;
  double messages = -1;
};

/// What the program prints as `success` and `messages`.
Printed printed_by(const std::string& file, const std::vector<std::string>& settings) {
  std::vector<std::string> words{"run", file};
  for (const std::string& one : settings) {
    words.emplace_back("--set");
    words.push_back(one);
  }
  words.emplace_back("--json");
  const Outcome outcome = sim(std::move(words));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  if (outcome.code != 0) return {};
  const auto summary = boost::json::parse(outcome.out).as_object();
  return {summary.at("success").to_number<double>(), summary.at("messages").to_number<double>()};
}

/// The chance of exactly `hits` among kSearches searches that each succeed with `p`, 0 < p < 1.
double chance_of(double hits, double p) {
  const double ways =
      std::lgamma(kSearches + 1) - std::lgamma(hits + 1) - std::lgamma(kSearches - hits + 1);
  return std::exp(ways + hits * std::log(p) + (kSearches - hits) * std::log1p(-p));
}

/// Whether a share of successes is as near to `p` as four standard deviations of a normal law are
/// to its mean: where few are expected, or nearly all, the binomial law is not like that one, so
/// its own tails are looked at, which are exact.
bool within_four_sigma(double share, double p) {
  constexpr double kTail = 3.167e-5;  // of a normal law beyond four deviations, on one side
  const double hits = std::round(share * kSearches);
  if (p <= 0 || p >= 1) return hits == p * kSearches;
  double at_most = 0;
  double at_least = 0;
  for (double i = 0; i <= kSearches; ++i) {
    const double chance = chance_of(i, p);
    if (i <= hits) at_most += chance;
    if (i >= hits) at_least += chance;
  }
  return at_most >= kTail && at_least >= kTail;
}

TEST(FourSigma, IsThatOfTheBinomialLaw) {
  EXPECT_TRUE(within_four_sigma(0.5, 0.5));
  EXPECT_TRUE(within_four_sigma(0.5 + 3.9 * std::sqrt(0.25 / kSearches), 0.5));
  EXPECT_FALSE(within_four_sigma(0.5 + 4.1 * std::sqrt(0.25 / kSearches), 0.5));
  EXPECT_FALSE(within_four_sigma(0.5 - 4.1 * std::sqrt(0.25 / kSearches), 0.5));
  EXPECT_TRUE(within_four_sigma(0.002, 0.0001));  // two where a tenth is expected: 1 in 200
  EXPECT_FALSE(within_four_sigma(0.005, 0.0001));
  EXPECT_FALSE(within_four_sigma(0.001, 0));
  EXPECT_FALSE(within_four_sigma(0.999, 1));
}

void hold_walk(const ReferenceTable& table, std::size_t row, const std::string& graph) {
  // "MEAN" is the mean over all sources (without holders, in the largest component: what the few
  // others differ by is far below the deviation).
  const std::string& source = table.text(row, "source");
  const double steps = table.number(row, "T");
  const Printed printed = printed_by(
      "configs/sim/walk.yaml",
      {setting("topology.file", graph),
       setting("workload.source", source == "MEAN" ? "random" : source),
       setting("workload.searches", "1000"), setting("overlay.walkers", "1"),
       setting("overlay.steps", table.text(row, "T")),
       setting("overlay.variant", table.text(row, "variant")), "overlay.check_back=off",
       setting("content.holders_mod", table.text(row, "target_mod")), "content.holders_residue=7"});
  SCOPED_TRACE(table.text(row, "graph") + ", " + table.text(row, "variant") + ", one in " +
               table.text(row, "target_mod") + " from " + source + ", " + table.text(row, "T") +
               " steps");
  const double p = table.number(row, "p_hit");
  EXPECT_TRUE(within_four_sigma(printed.success, p)) << printed.success << " for " << p;
  // A walk has 1..T steps. With a mean m the deviation is at most sqrt((m - 1)(T - m)), when all
  // walks have the one or the other length.
  const double messages = table.number(row, "expected_messages");
  const double deviation = std::sqrt(std::max(0.0, (messages - 1) * (steps - messages)));
  EXPECT_NEAR(printed.messages, messages, 4 * deviation / std::sqrt(kSearches) + 1e-6);
}

/// All rows of one graph and variant.
void hold_walks(const std::string& graph, const std::string& variant, std::size_t rows) {
  const auto table = ReferenceTable::read("oracle/walk_oracle.csv");
  const auto file = reference_data("graphs/" + graph + ".txt.gz");
  if (!table || !file) GTEST_SKIP() << kNoReferenceData;
  ASSERT_EQ(table->rows(), 1162U);
  std::size_t seen = 0;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    if (table->text(row, "graph") != graph || table->text(row, "variant") != variant) continue;
    if (seen++ % kEvery == 0) hold_walk(*table, row, *file);
  }
  EXPECT_EQ(seen, rows);
}

TEST(OutsidersReferenceData, SimpleWalksOnGnutella) { hold_walks("p2p-Gnutella08", "simple", 294); }
TEST(OutsidersReferenceData, NonBacktrackingWalksOnGnutella) {
  hold_walks("p2p-Gnutella08", "nbt", 294);
}
TEST(OutsidersReferenceData, SimpleWalksOnFacebook) {
  hold_walks("facebook_combined", "simple", 287);
}
TEST(OutsidersReferenceData, NonBacktrackingWalksOnFacebook) {
  hold_walks("facebook_combined", "nbt", 287);
}

// Exact: with equal delays a ring's copies are those of breadth-first search.
TEST(OutsidersReferenceData, RingsOnBoth) {
  const auto table = ReferenceTable::read("oracle/ring_oracle.csv");
  if (!table) GTEST_SKIP() << kNoReferenceData;
  ASSERT_EQ(table->rows(), 79U);
  for (std::size_t row = 0; row < table->rows(); row += kEvery) {
    const auto file = reference_data("graphs/" + table->text(row, "graph") + ".txt.gz");
    ASSERT_TRUE(file);
    const Printed printed = printed_by(
        "configs/sim/ring.yaml",
        {setting("topology.file", *file), setting("workload.source", table->text(row, "source")),
         "overlay.restart=true", setting("content.holders_mod", table->text(row, "target_mod")),
         "content.holders_residue=7"});
    SCOPED_TRACE(table->text(row, "graph") + ", one in " + table->text(row, "target_mod") +
                 ", source " + table->text(row, "source"));
    EXPECT_EQ(printed.success, 1);
    EXPECT_EQ(printed.messages, table->number(row, "ring_messages"));
  }
}

}  // namespace
}  // namespace shoal::tests
