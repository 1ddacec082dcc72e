// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/peer_json.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/json/base64.h"
#include "proto/types/text.h"

namespace shoal::bootstrap {
namespace {

namespace bj = boost::json;

constexpr std::int64_t kNow = 1'700'000'000;

const rpc::Identity& ana() {
  static const rpc::Identity identity = rpc::Identity::generate();
  return identity;
}

Directory::Listed listed() {
  LeaseCard card{ana().id(), "ana", {"127.0.0.1:7401", "[::1]:7"}, 4, {}};
  card.sealed = rpc::seal_card(ana(), card.name, card.endpoints, card.sequence, kNow);
  return {card, 9, std::chrono::milliseconds(1234)};
}

TEST(PeerJson, IsReadAsItWasWritten) {
  const auto peer = peer_from_text(bj::serialize(to_json(listed())), kNow);
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->id, ana().id());
  EXPECT_EQ(peer->name, "ana");
  EXPECT_EQ(peer->endpoints, listed().card.endpoints);
  EXPECT_EQ(peer->expires_in_ms, 1234);
  EXPECT_TRUE(rpc::open_card(peer->card, kNow));
}

TEST(PeerJson, BelievesTheCardAndNotTheDirectory) {
  auto object = to_json(listed());
  object["name"] = "mallory";
  object["endpoints"] = bj::array{"192.0.2.66:1"};
  const auto peer = peer_from_json(object, kNow);
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->name, "ana");
  EXPECT_EQ(peer->endpoints, listed().card.endpoints);

  object["id"] = to_text(rpc::Identity::generate().id());
  EXPECT_EQ(peer_from_json(object, kNow).error().code, Errc::kIntegrity);
  EXPECT_EQ(peer_from_json(to_json(listed()), kNow + 7201).error().code, Errc::kIntegrity);
  object = to_json(listed());
  object["card"] = "no base64!";
  EXPECT_EQ(peer_from_json(object, kNow).error().code, Errc::kIntegrity);
  object.erase("card");
  EXPECT_EQ(peer_from_json(object, kNow).error().code, Errc::kInvalidArgument);
}

RC_GTEST_PROP(PeerJson, RefusesEveryForgedCard, ()) {
  auto peer = listed();
  const auto at = *rc::gen::inRange<std::size_t>(0, peer.card.sealed.size()).as("at");
  const auto flip = *rc::gen::inRange(1, 256).as("flip");
  peer.card.sealed[at] = static_cast<char>(static_cast<unsigned char>(peer.card.sealed[at]) ^ flip);
  const auto read = peer_from_json(to_json(peer), kNow);
  RC_ASSERT(!read.has_value());
  RC_ASSERT(read.error().code == Errc::kIntegrity);
}

TEST(PeerJson, LeavesForgedPeersOutOfAPageAndCountsThem) {
  auto forged = listed();
  forged.card.sealed[20] = static_cast<char>(forged.card.sealed[20] ^ 1);
  const bj::object body{
      {"schema", "shoal/directory.peers/1"},
      {"items", bj::array{to_json(forged), to_json(listed()), "garbage", bj::object{}}},
      {"next_cursor", "x"}};
  std::size_t refused = 0;
  const auto page = page_from_text(bj::serialize(body), kNow, refused);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->peers.size(), 1U);
  EXPECT_EQ(page->peers[0].id, ana().id());
  EXPECT_EQ(page->next_cursor, "x");
  EXPECT_EQ(refused, 3U);
  EXPECT_FALSE(page_from_text("{}", kNow, refused));
  EXPECT_FALSE(page_from_text("[1", kNow, refused));
}

}  // namespace
}  // namespace shoal::bootstrap
