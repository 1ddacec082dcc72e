// SPDX-License-Identifier: Apache-2.0
#include "cli/client/output/progress.h"

#include <gtest/gtest.h>

#include <sstream>

#include "cli/client/context/text.h"

namespace shoal::client {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1 << 20;

// What is on the terminal half a second into a download of 500 MiB, 243 of them done.
std::string drawn(unsigned columns) {
  std::ostringstream out;
  std::ostringstream err;
  std::atomic<bool> stop = false;
  World world;
  world.env = [](const std::string& name) -> std::optional<std::string> {
    if (name == "TERM") return "xterm";
    return std::nullopt;
  };
  world.out = &out;
  world.err = &err;
  world.err_is_tty = true;
  world.columns = columns;
  world.stop = &stop;
  Context context(world, {}, {});
  Progress progress(context);
  const Progress::Clock::time_point begin{};
  progress.show(0, 500 * kMiB, "", {}, begin);
  progress.show(243 * kMiB, 500 * kMiB, "1 source", {}, begin + 500ms);
  const std::string all = err.str();
  return all.substr(all.rfind("\x1b[K") + 3);
}

TEST(Progress, HasAWideBarWhereThereIsRoom) {
  EXPECT_EQ(drawn(120),
            "[===========             ] 48%  243.0 MiB of 500.0 MiB  486.0 MiB/s  eta 528 ms  "
            "1 source");
}

TEST(Progress, ShortensTheBarBeforeTheFigures) {
  const std::string line = drawn(80);
  EXPECT_LE(width(line), 79U) << line;
  EXPECT_TRUE(line.starts_with("[====")) << line;
  EXPECT_TRUE(line.ends_with(" 48%  243.0 MiB of 500.0 MiB  486.0 MiB/s  eta 528 ms  1 source"))
      << line;
  EXPECT_TRUE(drawn(70).starts_with("48%  243.0 MiB of ")) << drawn(70);
  EXPECT_LE(width(drawn(40)), 39U);
}

}  // namespace
}  // namespace shoal::client
