// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/progress.h"

#include <gtest/gtest.h>

#include <sstream>

namespace shoal::sim::cli {
namespace {

Progress at(double wall_s) {
  Progress progress;
  progress.peers = 1000;
  progress.wall_s = wall_s;
  progress.virtual_s = 2 * wall_s;
  progress.deliveries = 3'000'000;
  progress.done = wall_s / 40;
  return progress;
}

TEST(ProgressLine, IsWrittenAnewOnATerminalAndWipedAtTheEnd) {
  std::ostringstream err;
  {
    ProgressLine line(err, true, false);
    line.show(at(0.5), 0, 1);
    EXPECT_EQ(err.str(), "");
    line.show(at(10), 0, 1);
    EXPECT_EQ(err.str(),
              "\r\033[K1000 peers, 20.0 s virtual, 3.0 M deliveries, 0.30 M/s, 25 %, 30 s left");
    err.str("");
  }
  EXPECT_EQ(err.str(), "\r\033[K");
}

TEST(ProgressLine, IsALineEveryTenSecondsElsewhere) {
  std::ostringstream err;
  {
    ProgressLine line(err, false, false);
    for (const double wall_s : {1.0, 9.0, 10.0, 15.0, 20.0, 21.0}) line.show(at(wall_s), 0, 1);
  }
  EXPECT_EQ(err.str(),
            "1000 peers, 20.0 s virtual, 3.0 M deliveries, 0.30 M/s, 25 %, 30 s left\n"
            "1000 peers, 40.0 s virtual, 3.0 M deliveries, 0.15 M/s, 50 %, 20 s left\n");
}

TEST(ProgressLine, SaysNothingWhereItShallBeQuiet) {
  for (const bool terminal : {false, true}) {
    std::ostringstream err;
    {
      ProgressLine line(err, terminal, true);
      line.show(at(30), 0, 1);
    }
    EXPECT_EQ(err.str(), "");
  }
}

}  // namespace
}  // namespace shoal::sim::cli
