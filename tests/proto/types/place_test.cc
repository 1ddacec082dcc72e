// SPDX-License-Identifier: Apache-2.0
#include "proto/types/place.h"

#include <gtest/gtest.h>

#include <string>

namespace shoal {
namespace {

TEST(Place, IsTakenApart) {
  const auto name = split_place("nas.home:7401");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->host, "nas.home");
  EXPECT_EQ(name->port, 7401);
  const auto v6 = split_place("[2001:db8::7]:65535");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "2001:db8::7");
  EXPECT_EQ(v6->port, 65535);
}

TEST(Place, NeedsAHostAndAPort) {
  for (const char* bad : {"", ":", "host", "host:", ":7401", "host:0", "host:65536", "host:70x",
                          "host: 7", "ho st:7", "host/x:7", "2001:db8::7:1", "[::1]", "[]:7",
                          "[host]:7", "[::1:7", "user@host:7", "host:-7"}) {
    EXPECT_FALSE(split_place(bad)) << bad;
  }
  EXPECT_TRUE(split_place(std::string(253, 'a') + ":1"));
  EXPECT_FALSE(split_place(std::string(254, 'a') + ":1"));
}

TEST(Place, StandsInAnUrlBeforeItsPath) {
  EXPECT_EQ(place_in("http://host:7401"), "host:7401");
  EXPECT_EQ(place_in("http://host:7401/"), "host:7401");
  EXPECT_EQ(place_in("http://[::1]:7401/a/b"), "[::1]:7401");
  for (const char* bare : {"http://host:7401", "http://host:7401/", "http://[::1]:1/"}) {
    EXPECT_TRUE(is_without_path(bare)) << bare;
  }
  for (const char* more : {"http://host:7401/a", "http://host:7401//", "host:7401"}) {
    EXPECT_FALSE(is_without_path(more)) << more;
  }
  EXPECT_EQ(place_in("http://"), "");
  EXPECT_FALSE(place_in("https://host:7401"));
  EXPECT_FALSE(place_in("shoal://key@host:7401"));
  EXPECT_FALSE(place_in("host:7401"));
}

}  // namespace
}  // namespace shoal
