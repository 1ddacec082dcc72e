// SPDX-License-Identifier: Apache-2.0
// Scenarios that once broke a clause, by a bug that is mended or by a clause that said too much.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/check/play.h"

namespace shoal::sim {
namespace {

TEST(Regressions, StayMended) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("tests/sim/check/regressions")) {
    if (entry.path().extension() != ".txt") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const auto scenario = parse_scenario(text.view(), entry.path().string());
    ASSERT_TRUE(scenario) << scenario.error().why;
    for (const Breach& breach : play(*scenario).breaches) {
      ADD_FAILURE() << entry.path() << ": " << words_of(breach.clause) << ": " << breach.words;
    }
    ++files;
  }
  EXPECT_GE(files, 3U);
}

}  // namespace
}  // namespace shoal::sim
