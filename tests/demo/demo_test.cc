// SPDX-License-Identifier: Apache-2.0
// The demo as it is played, and with a fault planted in one peer's configuration: a demo that
// passes with a peer that ignores its directory or its secondary would show nothing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/support/child.h"

namespace {

using shoal::tests::Outcome;

Outcome play(const char* fault) {
  // By SIGTERM it ends what it started.
  return shoal::tests::run_child({"bash", "configs/demo/demo.sh"}, shoal::tests::Outputs::kTogether,
                                 {}, {[&] { ::setenv("SHOAL_DEMO_FAULT", fault, 1); }, SIGTERM});
}

bool has(const Outcome& outcome, const std::string& part) {
  return outcome.out.find(part) != std::string::npos;
}

TEST(Demo, PassesAndEndsWithThreeCommands) {
  const Outcome played = play("none");
  EXPECT_EQ(played.code, 0) << played.out;
  for (const char* step : {"(0)", "(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "all steps held"}) {
    EXPECT_TRUE(has(played, step)) << step << "\n" << played.out;
  }
}

TEST(Demo, FailsWhenDIgnoresItsDirectory) {
  const Outcome played = play("no-directory");
  EXPECT_EQ(played.code, 1) << played.out;
  EXPECT_TRUE(has(played, "D has E as a friend, from the directory alone")) << played.out;
  EXPECT_FALSE(has(played, "(1)")) << played.out;
}

TEST(Demo, FailsWhenAIgnoresItsSecondary) {
  const Outcome played = play("no-secondary");
  EXPECT_EQ(played.code, 1) << played.out;
  EXPECT_TRUE(has(played, "demo: step 4 FAILED")) << played.out;
  EXPECT_TRUE(has(played, "(4) B is killed")) << played.out;
  EXPECT_FALSE(has(played, "(5)")) << played.out;
}

}  // namespace
