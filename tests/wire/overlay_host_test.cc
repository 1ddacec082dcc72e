// SPDX-License-Identifier: Apache-2.0
// Real hosts on loopback, over pinned TLS.
#include "overlay/host/overlay_host.h"

#include "tests/wire/hosts.h"

namespace shoal::overlay {
namespace {

TEST_F(Hosts, AskExactlyThePeersWithinTtlHopsAndBringTheAnswerBack) {
  make_line(4);
  peer(2).files = peer(3).files = {some_file()};
  Asked two(peer(0), 2);
  EXPECT_TRUE(two.report().complete);
  EXPECT_EQ(two.report().peers_asked(), 2);
  ASSERT_EQ(two.hits.size(), 1U);
  EXPECT_EQ(two.hits[0].holder, peer(2).id());
  EXPECT_EQ(two.hits[0].name, "cleo");
  EXPECT_EQ(two.hits[0].hops, 2U);
  EXPECT_EQ(two.hits[0].endpoints, std::vector{peer(2).endpoint()});
  Asked three(peer(0), 3);
  EXPECT_EQ(three.report().peers_asked(), 3);
  EXPECT_EQ(three.report().cut_by_ttl(), 1);
  EXPECT_EQ(three.hits.size(), 2U);
  ASSERT_EQ(three.finished->first_hops.size(), 1U);
  EXPECT_EQ(three.finished->first_hops[0].peer, peer(1).id());
}

TEST_F(Hosts, AdmitTheAskerOfAnAnsweredQueryAndNobodyElse) {
  make_line(3);
  peer(2).files = {some_file()};
  Asked asked(peer(0), 5);
  ASSERT_EQ(asked.report().hits, 1U);
  const auto key = rpc::Identity::from_key_pem(asked.started->key_pem);
  ASSERT_TRUE(key);
  EXPECT_EQ(peer(2).book().classify(key->id()), rpc::Caller::kQueryKey);
  EXPECT_EQ(peer(1).book().classify(key->id()), rpc::Caller::kUnknown) << "it had nothing to offer";
}

TEST_F(Hosts, NameTheOriginNowhereInAQuery) {
  make_line(3);
  Asked asked(peer(0), 5);
  asked.report();
  const auto& seen = peer(2).last_query.ref<QueryBody>();
  const std::string& wire = seen.wire;
  const auto& id = peer(0).id().bytes;
  const auto& key = peer(0).me().public_key();
  ASSERT_FALSE(wire.empty());
  EXPECT_EQ(wire.find(std::string(id.begin(), id.end())), std::string::npos);
  EXPECT_EQ(wire.find(key.substr(key.size() - 32)), std::string::npos);
  EXPECT_EQ(wire.find(peer(0).endpoint()), std::string::npos);
  EXPECT_NE(seen.key.bytes, id) << "the key of the query is its own";
}

TEST_F(Hosts, KeepOneLinkWhenBothDial) {
  peers_.push_back(std::make_unique<Peer>(threads_, "ana"));
  peers_.push_back(std::make_unique<Peer>(threads_, "ben"));
  peer(0).book().set_friend(peer(1).id(), Role::kFriend);
  peer(1).book().set_friend(peer(0).id(), Role::kFriend);
  peer(0).befriend(peer(1));
  peer(1).befriend(peer(0));
  EXPECT_TRUE(soon([&] { return peer(0).links_up() == 1 && peer(1).links_up() == 1; }));
  // Whatever the two dials did, searches go both ways and count one neighbour.
  EXPECT_TRUE(soon([&] {
    Asked there(peer(0), 1);
    if (there.error) return false;
    return there.report().complete && there.report().peers_asked() == 1;
  }));
  EXPECT_TRUE(soon([&] {
    Asked back(peer(1), 1);
    if (back.error) return false;
    return back.report().complete && back.report().peers_asked() == 1;
  }));
}

TEST_F(Hosts, TurnToTheSecondaryWhenThePrimaryIsGoneAndSayWhoWasAsked) {
  for (const char* const name : {"ana", "ben", "cleo"}) {
    peers_.push_back(std::make_unique<Peer>(threads_, name));
  }
  peer(0).befriend(peer(1), Role::kPrimary);
  peer(0).befriend(peer(2), Role::kSecondary);
  EXPECT_TRUE(soon([&] {
    return peer(0).link_to(peer(1)).state == LinkStatus::State::kActive &&
           peer(0).link_to(peer(2)).state == LinkStatus::State::kStandby;
  }));
  peer(2).files = {some_file()};
  Asked before(peer(0), 1);
  EXPECT_EQ(before.report().hits, 0U);
  peer(1).stop();
  EXPECT_TRUE(soon([&] { return peer(0).link_to(peer(2)).state == LinkStatus::State::kActive; }));
  Asked after(peer(0), 1);
  EXPECT_EQ(after.report().hits, 1U);
  const auto& hops = after.report().first_hops;
  ASSERT_EQ(hops.size(), 2U);
  EXPECT_EQ(hops[0].state, FirstHopState::kDown);
  EXPECT_EQ(after.finished->first_hops[0].peer, peer(1).id());
  EXPECT_FALSE(after.finished->first_hops[0].last_error.empty());
  EXPECT_EQ(hops[1].role, Role::kSecondary);
  EXPECT_EQ(hops[1].state, FirstHopState::kAnswered);
}

TEST_F(Hosts, DialAFriendAgainWhenItReturnsAtTheSamePlace) {
  make_line(2);
  // The peer's process ends and another starts with the same key is the daemon's test; here the
  // link alone is cut, by unfriending and befriending at the other end.
  peer(1).host().unfriend(peer(0).id());
  EXPECT_TRUE(soon([&] { return peer(0).links_up() == 0; }));
  EXPECT_TRUE(soon([&] { return !peer(0).link_to(peer(1)).last_error.empty(); }));
  peer(1).book().set_friend(peer(0).id(), Role::kAccepted);
  EXPECT_TRUE(soon([&] { return peer(0).links_up() == 1; }));
}

TEST_F(Hosts, RefuseAPeerOfAnotherNetworkInWords) {
  peers_.push_back(std::make_unique<Peer>(threads_, "ana"));
  HostOptions options;
  options.network = "elsewhere";
  peers_.push_back(std::make_unique<Peer>(threads_, "ben", options));
  peer(0).befriend(peer(1));
  EXPECT_TRUE(soon([&] {
    return peer(0).link_to(peer(1)).last_error.find("network") != std::string::npos;
  })) << peer(0).link_to(peer(1)).last_error;
}

TEST_F(Hosts, SayWhyAFriendCannotBeReached) {
  peers_.push_back(std::make_unique<Peer>(threads_, "ana"));
  peer(0).host().befriend(rpc::Identity::generate().id(), {"127.0.0.1:1"}, Role::kFriend);
  EXPECT_TRUE(soon([&] { return !peer(0).host().links().at(0).last_error.empty(); }));
  EXPECT_NE(peer(0).host().links().at(0).last_error.find("unreachable"), std::string::npos);
}

TEST_F(Hosts, RefuseAParameterThatTheOverlayDoesNotHaveOrThatHasNoValue) {
  make_line(2);
  SearchSpec spec = Asked::spec_of(1, "word");
  spec.parameters = {"no_such=3"};
  const Asked unknown(peer(0), spec);
  ASSERT_TRUE(unknown.error);
  EXPECT_EQ(unknown.error->what, "no such parameter: no_such");
  spec.parameters = {"no_such"};
  const Asked bare(peer(0), spec);
  ASSERT_TRUE(bare.error);
  EXPECT_NE(bare.error->why.find("no '='"), std::string::npos);
}

TEST_F(Hosts, RefuseASearchWithoutAFriend) {
  peers_.push_back(std::make_unique<Peer>(threads_, "ana"));
  const Asked alone(peer(0), 3);
  ASSERT_TRUE(alone.error);
  EXPECT_EQ(alone.error->code, Errc::kNotConnected);
}

}  // namespace
}  // namespace shoal::overlay
