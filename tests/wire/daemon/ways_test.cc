// SPDX-License-Identifier: Apache-2.0
// Searches that take several ways, and which way is the usual one.
#include "tests/wire/daemon/sharing.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

// All overlays that there are, parted by commas.
std::string all_overlays(Peer& peer) {
  std::string names;
  const bj::object answer = peer.call("GET", "/v1/overlays");
  for (const auto& item : answer.at("items").as_array()) {
    const std::string name(item.at("name").as_string());
    if (name != "auto") names += (names.empty() ? "" : ",") + name;
  }
  return names;
}

TEST_F(Sharing, FoundNearEndsAnAutomaticSearchAtItsFirstWayAndIsFetched) {
  found(100'000);
  const auto lines = ana.search({{"terms", "big book"}, {"via", "auto"}});
  ASSERT_EQ(lines.size(), 2U);
  const bj::object& report = lines.back();
  EXPECT_EQ(text(report, "via"), "auto");
  EXPECT_EQ(text(report, "stopped"), "enough was found");
  EXPECT_EQ(report.at("hits"), 1);
  ASSERT_EQ(report.at("legs").as_array().size(), 1U);
  EXPECT_EQ(report.at("legs").at(0).at("ttl"), 2);
  EXPECT_EQ(report.at("legs").at(0).at("peers_asked"), 1);
  EXPECT_EQ(text(report, "query"), text(lines.front(), "query"));
  const auto end = done(fetch(lines.front()));
  EXPECT_EQ(text(end, "state"), "done") << bj::serialize(end);
}

TEST_F(Sharing, HoldingNothingLikeItEndsAnAutomaticSearchWhenEverybodyWasAsked) {
  found(1000);
  const auto lines = ana.search({{"terms", "nobody has this"}, {"via", "auto"}});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(text(lines.back(), "stopped"), "everybody who can be reached was asked");
  EXPECT_EQ(lines.back().at("complete"), true);
}

TEST_F(Sharing, FoundByAllWaysAtOnceIsOneHit) {
  found(1000);
  const std::string all = all_overlays(ana);
  const auto lines = ana.search({{"terms", "big book"}, {"via", all}});
  ASSERT_EQ(lines.size(), 2U) << bj::serialize(lines.back());
  EXPECT_EQ(text(lines.back(), "via"), all);
}

TEST(Ways, OfAPeerWithoutFriendsSayThatNobodyCouldBeAsked) {
  const Folder folder;
  Peer peer(folder, "ana");
  const auto lines = peer.search({{"terms", "anything"}, {"via", "auto"}});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(text(lines.back(), "stopped"), "nobody could be asked");
}

TEST(Ways, InANetworkWithKeysGoOnToWhoeverKeepsTheKey) {
  const Folder folder;
  Peer peer(folder, "ana", {"--set", "network.mode=open", "--set", "network.overlays=[kademlia]"});
  const auto report = peer.search({{"terms", "anything"}, {"via", "auto"}}).back();
  const auto& legs = report.at("legs").as_array();
  ASSERT_GE(legs.size(), 2U) << bj::serialize(report);
  EXPECT_EQ(legs[0].at("via"), "flood");
  EXPECT_EQ(legs[1].at("via"), "kademlia");
}

TEST(Ways, HaveAUsualOneThatOutlivesTheProcess) {
  const Folder folder;
  Peer peer(folder, "ana");
  EXPECT_EQ(text(peer.call("GET", "/v1/overlays"), "usual"), "flood");
  EXPECT_EQ(text(peer.call("PUT", "/v1/overlays/usual", {{"via", "auto"}}), "usual"), "auto");
  peer.end(SIGKILL);
  peer.start();
  EXPECT_EQ(text(peer.call("GET", "/v1/overlays"), "usual"), "auto");
  EXPECT_EQ(text(peer.search({{"terms", "anything"}}).back(), "via"), "auto");
  std::string marked;
  const bj::object both = peer.call("PUT", "/v1/overlays/usual", {{"via", "ring,walk"}});
  for (const auto& item : both.at("items").as_array()) {
    if (item.at("usual").as_bool()) marked += text(item.as_object(), "name") + " ";
  }
  EXPECT_EQ(marked, "ring walk ");
  EXPECT_EQ(text(peer.call("DELETE", "/v1/overlays/usual"), "usual"), "flood");
  peer.end(SIGTERM);
  peer.start();
  EXPECT_EQ(text(peer.call("GET", "/v1/overlays"), "usual"), "flood");
}

TEST(Ways, AreRefusedWhenNoOverlayIsCalledSo) {
  const Folder folder;
  Peer peer(folder, "ana");
  const auto refused = [&](const char* method, const char* path, const bj::object& body) {
    const auto answer = peer.rest().call(method, path, bj::serialize(body));
    return answer ? std::string("taken") : answer.error().what;
  };
  EXPECT_EQ(refused("PUT", "/v1/overlays/usual", {{"via", "teleport"}}),
            "no such overlay: teleport");
  EXPECT_EQ(refused("POST", "/v1/searches", {{"terms", "a"}, {"via", "flood,flood"}}),
            "an overlay is named twice");
  EXPECT_EQ(
      refused("POST", "/v1/searches", {{"terms", "a"}, {"parameters", bj::object{{"sails", 3}}}}),
      "no such parameter: sails");
  EXPECT_EQ(refused("POST", "/v1/searches",
                    {{"terms", "a"}, {"parameters", bj::object{{"sails", bj::array()}}}}),
            "parameters of the search are not understood");
}

}  // namespace
}  // namespace shoal::daemon
