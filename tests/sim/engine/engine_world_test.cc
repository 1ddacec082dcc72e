// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/sim/engine/engine_world.h"

namespace shoal::tests {
namespace {

using sim::Order;

TEST(EngineAndWorld, AgreeOnOneThread) {
  EXPECT_EQ(
      engine_agrees_with_world("the engine on one thread equals the world", 1, Order::kGrouped),
      Agreement::kHeld);
}
TEST(EngineAndWorld, AgreeOnTwoThreads) {
  EXPECT_EQ(
      engine_agrees_with_world("the engine on two threads equals the world", 2, Order::kGrouped),
      Agreement::kHeld);
}
TEST(EngineAndWorld, AgreeOnFourThreads) {
  EXPECT_EQ(
      engine_agrees_with_world("the engine on four threads equals the world", 4, Order::kGrouped),
      Agreement::kHeld);
}
TEST(EngineAndWorld, AgreeInTheTotalOrder) {
  EXPECT_EQ(
      engine_agrees_with_world("the engine in the total order equals the world", 1, Order::kTotal),
      Agreement::kHeld);
}

}  // namespace
}  // namespace shoal::tests
