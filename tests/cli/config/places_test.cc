// SPDX-License-Identifier: Apache-2.0
#include "cli/config/places.h"

#include "tests/cli/config/support.h"

namespace shoal::config {
namespace {

TEST(Places, FollowTheXdgRules) {
  const auto places = find_places({}, environment_of({{"HOME", "/home/ana"},
                                                      {"XDG_DATA_HOME", "/data"},
                                                      {"XDG_STATE_HOME", "relative/is/ignored"},
                                                      {"XDG_RUNTIME_DIR", "/run/user/1000"}}));
  ASSERT_TRUE(places);
  EXPECT_EQ(places->config_file, "/home/ana/.config/shoal/shoal.yaml");
  EXPECT_FALSE(places->config_given);
  EXPECT_EQ(places->data, "/data/shoal");
  EXPECT_EQ(places->state, "/home/ana/.local/state/shoal");
  EXPECT_EQ(places->daemon, "/run/user/1000/shoal/shoald.sock");
  EXPECT_EQ(places->downloads, "/home/ana/Downloads/shoal");
}

TEST(Places, PutTheSocketIntoTheStateFolderWithoutARuntimeFolder) {
  const auto places = find_places({}, environment_of({{"HOME", "/home/ana"}}));
  ASSERT_TRUE(places);
  EXPECT_EQ(places->daemon, "/home/ana/.local/state/shoal/run/shoald.sock");
}

TEST(Places, LieAllBelowAGivenHome) {
  const auto environment = environment_of({{"SHOAL_HOME", "/srv/other"}, {"HOME", "/home/ana"}});
  const auto by_variable = find_places({}, environment);
  const auto by_flag = find_places({.config = {}, .home = "/srv/ana/", .socket = {}}, environment);
  ASSERT_TRUE(by_variable && by_flag);
  EXPECT_EQ(by_variable->data, "/srv/other/data");
  EXPECT_EQ(by_flag->config_file, "/srv/ana/shoal.yaml");
  EXPECT_EQ(by_flag->data, "/srv/ana/data");
  EXPECT_EQ(by_flag->state, "/srv/ana/state");
  EXPECT_EQ(by_flag->daemon, "/srv/ana/run/shoald.sock");
  EXPECT_EQ(by_flag->downloads, "/srv/ana/downloads");
}

TEST(Places, TakeAFileAndASocketByName) {
  const auto places = find_places({.config = "x.yaml", .home = {}, .socket = "http://127.0.0.1:80"},
                                  environment_of({{"HOME", "/home/ana"}}));
  ASSERT_TRUE(places);
  EXPECT_TRUE(places->config_given);
  EXPECT_EQ(places->config_file, std::filesystem::current_path() / "x.yaml");
  EXPECT_EQ(places->daemon, "http://127.0.0.1:80");
}

TEST(Places, AreNotGuessedWithoutAHome) {
  const auto places = find_places({}, environment_of({}));
  ASSERT_FALSE(places);
  EXPECT_EQ(places.error().code, Errc::kConfig);
}

}  // namespace
}  // namespace shoal::config
