// SPDX-License-Identifier: Apache-2.0
#include "overlay/core/links.h"

#include <gtest/gtest.h>

namespace shoal::overlay {
namespace {

TEST(Links, KeepTheOrderInWhichTheyCameUp) {
  Links links;
  for (const std::uint32_t peer : {7U, 3U, 5U}) links.add(Link{.peer = PeerRef{peer}});
  links.remove(PeerRef{3});
  links.add(Link{.peer = PeerRef{1}});
  ASSERT_EQ(links.all().size(), 3U);
  EXPECT_EQ(links.all()[0].peer, PeerRef{7});
  EXPECT_EQ(links.all()[1].peer, PeerRef{5});
  EXPECT_EQ(links.all()[2].peer, PeerRef{1});
}

TEST(Links, AreActiveWhenEitherEndWantsItSo) {
  using enum LinkMode;
  EXPECT_FALSE((Link{.peer = {}, .ours = kStandby, .theirs = kStandby}).active());
  EXPECT_TRUE((Link{.peer = {}, .ours = kActive, .theirs = kStandby}).active());
  EXPECT_TRUE((Link{.peer = {}, .ours = kStandby, .theirs = kActive}).active());
}

TEST(LinksDeathTest, TakeASecondLinkToOnePeerForABug) {
  Links links;
  links.add(Link{.peer = PeerRef{1}});
  EXPECT_DEATH(links.add(Link{.peer = PeerRef{1}}), "find");
}

}  // namespace
}  // namespace shoal::overlay
