// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/args.h"

#include <gtest/gtest.h>

namespace shoal::daemon {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

std::string why(const std::vector<std::string>& words) {
  const auto args = read_args(words);
  EXPECT_FALSE(args);
  return args ? "" : args.error().why;
}

TEST(Args, KeepTheOrderInWhichSettingsWereGiven) {
  const auto args = read_args({"--set", "name=a", "--name=b", "--port", "7", "--set=name=[c,d]"});
  ASSERT_TRUE(args);
  EXPECT_EQ(args->settings,
            (Settings{{"name", "a"}, {"name", "b"}, {"listen.port", "7"}, {"name", "[c,d]"}}));
}

TEST(Args, TakeNothingBehindAnEqualsSignForNothing) {
  const auto args = read_args({"--directory=", "--name", "a"});
  ASSERT_TRUE(args) << args.error().why;
  EXPECT_EQ(args->settings, (Settings{{"directory.url", ""}, {"name", "a"}}));
  EXPECT_EQ(why({"--set="}), "--set wants KEY=VALUE, not ");
}

TEST(Args, NamePlacesAndWhatIsOnlyAskedFor) {
  const auto args = read_args({"-C", "/c.yaml", "--home", "/h", "--socket=/s", "-h", "--version"});
  ASSERT_TRUE(args);
  EXPECT_EQ(args->places.config, "/c.yaml");
  EXPECT_EQ(args->places.home, "/h");
  EXPECT_EQ(args->places.socket, "/s");
  EXPECT_TRUE(args->help);
  EXPECT_TRUE(args->version);
  EXPECT_TRUE(args->settings.empty());
}

TEST(Args, SayWhatIsWrongWithThem) {
  EXPECT_EQ(why({"--hlep"}), "there is no --hlep");
  EXPECT_EQ(why({"word"}), "there is no word");
  EXPECT_EQ(why({"--home"}), "--home wants DIR");
  EXPECT_EQ(why({"--help=1"}), "--help takes no value");
  EXPECT_EQ(why({"--set", "name"}), "--set wants KEY=VALUE, not name");
}

}  // namespace
}  // namespace shoal::daemon
