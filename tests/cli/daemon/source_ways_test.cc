// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/search/source_ways.h"

#include <gtest/gtest.h>

namespace shoal::daemon {
namespace {

TEST(SourceWays, TellOfEachThatFoundSomebodyAndAtLastThatAllHaveEnded) {
  std::vector<std::string> told;
  SourceWays ways(3, [&](const std::vector<transfer::SourceInfo>& sources, const std::string& key) {
    told.push_back(std::to_string(sources.size()) + key);
  });
  ways.end({}, "an overlay that reaches nobody");
  EXPECT_TRUE(told.empty());
  ways.end({{}, {}}, " by the broker");
  EXPECT_EQ(told, std::vector<std::string>{"2 by the broker"});
  ways.end({{}}, " by the directory");
  EXPECT_EQ(told, (std::vector<std::string>{"2 by the broker", "1 by the directory", "0"}));
}

}  // namespace
}  // namespace shoal::daemon
