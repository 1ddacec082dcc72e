// SPDX-License-Identifier: Apache-2.0
// Content that a rule places: who holds it, and what cannot be.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "sim/experiment/run.h"
#include "sim/experiment/scene.h"
#include "tests/support/temp_folder.h"

namespace shoal::sim {
namespace {

// Six peers in a row, named 5, 10, ... 30 by their file.
class Holders : public testing::Test {
 protected:
  void SetUp() override {
    experiment.topology.file = folder.path() + "/row.txt";
    std::ofstream file(experiment.topology.file);
    for (int i = 1; i < 6; ++i) file << 5 * i << "\t" << 5 * (i + 1) << "\n";
    file.close();
    experiment.run.threads = 1;
    experiment.workload.source = "5";
    experiment.content.holders_mod = 10;
  }

  std::string refusal() {
    const auto draft = draft_of(experiment, 1);
    return draft ? std::string() : draft.error().what + ": " + draft.error().why;
  }

  tests::TempFolder folder;
  Experiment experiment;
};

TEST_F(Holders, AreChosenByTheNumbersOfTheFile) {
  const auto draft = draft_of(experiment, 1);
  ASSERT_TRUE(draft) << draft.error().why;
  ASSERT_EQ(draft->catalogue.files(), 1U);
  std::vector<std::uint32_t> names;
  for (const auto peer : draft->catalogue.holders(0))
    names.push_back(draft->topology.name_of(peer));
  EXPECT_EQ(names, (std::vector<std::uint32_t>{10, 20, 30}));
}

TEST_F(Holders, AreWhatEverySearchWants) {
  experiment.overlay.ttl = 3;
  experiment.workload.searches = 4;
  const auto result = run_once(experiment, 1);
  ASSERT_TRUE(result) << result.error().why;
  EXPECT_EQ(result->success, 1);
  EXPECT_EQ(result->recall, 1);
  EXPECT_EQ(result->reach, 3);
}

// A source looks for what others hold, so it is not found by itself.
TEST_F(Holders, DoNotFindThemselves) {
  experiment.content.holders_mod = 30;
  experiment.workload.source = "30";
  const auto result = run_once(experiment, 1);
  ASSERT_TRUE(result) << result.error().why;
  EXPECT_EQ(result->reach, 5);
  EXPECT_EQ(result->success, 0);
}

TEST_F(Holders, AreNotDrawnAsSources) {
  experiment.workload.source = "random";
  experiment.workload.searches = 50;
  experiment.overlay.ttl = 1;
  const auto result = run_once(experiment, 1);
  ASSERT_TRUE(result) << result.error().why;
  EXPECT_EQ(result->success, 1);  // 5, 15 and 25 have a holder beside them
}

TEST_F(Holders, CannotBeNobodyOrOutOfRange) {
  experiment.content.holders_residue = 10;
  EXPECT_EQ(refusal(),
            "content.holders_mod 10 is not possible: no number leaves content.holders_residue 10");
  experiment.content.holders_residue = 3;
  EXPECT_NE(refusal().find("no peer of this network has such a number"), std::string::npos);
  experiment.content.holders_mod = 0;
  EXPECT_NE(refusal().find("content.holders_mod is 0"), std::string::npos);
}

TEST_F(Holders, CannotBeDrawnAsWell) {
  experiment.content.files = 2;
  EXPECT_NE(refusal().find("content.files would"), std::string::npos);
  experiment.content.files = 1;
  EXPECT_EQ(refusal(), "");
  experiment.content.free_riders = 0.5;
  EXPECT_NE(refusal().find("content.free_riders would"), std::string::npos);
  experiment.content.free_riders = 0;
  experiment.content.changes = 1;
  EXPECT_NE(refusal().find("content.changes would"), std::string::npos);
}

}  // namespace
}  // namespace shoal::sim
