// SPDX-License-Identifier: Apache-2.0
#include "sim/swarm/shared_line.h"

#include <gtest/gtest.h>

namespace shoal::sim {
namespace {

using namespace std::chrono_literals;

TEST(SharedLine, ALoneAnswerHasAllOfIt) {
  SharedLine line(1000);
  line.add(1, 500, Instant{});
  EXPECT_EQ(line.next_done(), Instant(500ms));
  EXPECT_EQ(line.take_done(Instant(499ms)), std::nullopt);
  EXPECT_EQ(line.take_done(Instant(500ms)), 1U);
  EXPECT_EQ(line.next_done(), std::nullopt);
}

TEST(SharedLine, AnswersShareItEqually) {
  SharedLine line(1000);
  line.add(1, 1000, Instant{});
  line.add(2, 500, Instant(500ms));  // the first has 500 left: each gets 500 a second
  EXPECT_EQ(line.next_done(), Instant(1500ms));
  line.add(3, 100, Instant(500ms));
  EXPECT_EQ(line.next_done(), Instant(800ms));
  EXPECT_EQ(line.take_done(Instant(800ms)), 3U);
  EXPECT_EQ(line.next_done(), Instant(1600ms));  // 400 left for each
  EXPECT_EQ(line.take_done(Instant(1600ms)), 1U);
  EXPECT_EQ(line.take_done(Instant(1600ms)), 2U);
}

TEST(SharedLine, WhatIsAddedToARestingLineStartsAtOnce) {
  SharedLine line(3);
  line.add(1, 1, Instant(10s));
  EXPECT_EQ(line.next_done(), Instant(10s + 333'334us));  // never too early
  EXPECT_EQ(line.take_done(Instant(10s + 333'334us)), 1U);
}

}  // namespace
}  // namespace shoal::sim
