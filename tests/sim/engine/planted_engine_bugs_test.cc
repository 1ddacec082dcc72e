// SPDX-License-Identifier: Apache-2.0
// Each bug that can be planted into the engine shows in the comparison with the world, or breaks an
// assertion on the way.
#include <gtest/gtest.h>

#include <cstdlib>

#include "sim/engine/faults.h"
#include "tests/sim/engine/engine_world.h"

namespace shoal::tests {
namespace {

using sim::EngineFault;

/// Ends the process: with 0 when nothing was noticed.
[[noreturn]] void compare_with(EngineFault fault) {
  sim::planted_engine_fault = fault;
  const Agreement agreement =
      engine_agrees_with_world("the engine with a planted bug", 1, sim::Order::kGrouped);
  std::_Exit(agreement == Agreement::kHeld ? 0 : 1);
}

void expect_noticed(EngineFault fault) {
  EXPECT_EXIT(
      compare_with(fault), [](int status) { return status != 0; }, "");
}

TEST(PlantedEngineBugs, NoneIsSeenWhereThereIsNone) {
  EXPECT_EXIT(compare_with(EngineFault::kFaultless), ::testing::ExitedWithCode(0), "");
}
TEST(PlantedEngineBugs, UnsortedParcelsAreSeen) { expect_noticed(EngineFault::kUnsorted); }
TEST(PlantedEngineBugs, WindowsThatAreTooLongAreSeen) { expect_noticed(EngineFault::kLongWindow); }
TEST(PlantedEngineBugs, FramesOfAnOldIncarnationAreSeen) {
  expect_noticed(EngineFault::kOldFrames);
}
TEST(PlantedEngineBugs, LateActionsOfTheWorldAreSeen) { expect_noticed(EngineFault::kLateActions); }
TEST(PlantedEngineBugs, PutOffEventsOfAPeersOwnAreSeen) {
  expect_noticed(EngineFault::kUrgentLast);
}
TEST(PlantedEngineBugs, WhatTheWorldSendsTooEarlyIsSeen) {
  expect_noticed(EngineFault::kWorldSendsFirst);
}

}  // namespace
}  // namespace shoal::tests
