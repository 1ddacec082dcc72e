// SPDX-License-Identifier: Apache-2.0
// A friend turned bad: what it sends is counted by name, and costs it the link.
#include "tests/wire/bad_friend.h"
#include "overlay/core/registry.h"
#include "proto/rpc/offer.h"
#include "proto/rpc/status.h"

namespace shoal::overlay {
namespace {

class BadFriends : public Hosts {
 protected:
  Peer& ana() {
    if (peers_.empty()) peers_.push_back(std::make_unique<Peer>(threads_, "ana"));
    return peer(0);
  }
};

TEST_F(BadFriends, AreCutAtTheTenthMalformedMessageAndNotBefore) {
  BadFriend bad(ana());
  bad.greet();
  EXPECT_TRUE(soon([&] { return ana().links_up() == 1; }));
  ::shoal::v1::OpenRequest garbage;
  garbage.mutable_frame()->add_messages()->mutable_cancel();
  for (unsigned i = 0; i + 1 < limits::kStrikesMax; ++i) EXPECT_TRUE(bad.send(garbage));
  EXPECT_TRUE(soon([&] {
    return ana().host().drops()["malformed: no copy named"] == limits::kStrikesMax - 1U;
  }));
  EXPECT_EQ(ana().links_up(), 1U);
  bad.send(garbage);
  EXPECT_EQ(bad.end().error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(soon([&] { return ana().links_up() == 0; }));
}

TEST_F(BadFriends, AreRefusedWithoutAHello) {
  BadFriend bad(ana());
  ::shoal::v1::OpenRequest frame;
  frame.mutable_frame();
  bad.send(frame);
  const Error error = rpc::from_status(bad.end());
  EXPECT_EQ(error.code, Errc::kDenied);
  EXPECT_NE(error.why.find("hello"), std::string::npos);
}

TEST_F(BadFriends, AreCutForAFrameOverItsLengthWhichIsNotParsed) {
  BadFriend bad(ana());
  bad.greet();
  EXPECT_TRUE(soon([&] { return ana().links_up() == 1; }));
  ::shoal::v1::OpenRequest huge;
  for (int i = 0; i < 40'000; ++i) huge.mutable_frame()->add_messages();
  EXPECT_TRUE(bad.send(huge));
  EXPECT_EQ(bad.end().error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ana().host().drops()["malformed: frame too long"], 1U);
  EXPECT_EQ(ana().host().drops()["malformed: unknown kind of message"], 0U);
}

TEST_F(BadFriends, AreCutOnceForOneFrameFullOfNothing) {
  BadFriend bad(ana());
  bad.greet();
  EXPECT_TRUE(soon([&] { return ana().links_up() == 1; }));
  ::shoal::v1::OpenRequest many;
  for (int i = 0; i < 30'000; ++i) many.mutable_frame()->add_messages();
  bad.send(many);
  EXPECT_EQ(bad.end().error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ana().host().drops()["link cut for its offences"], 1U);
  EXPECT_EQ(ana().host().drops()["malformed: unknown kind of message"], limits::kStrikesMax);
}

TEST_F(BadFriends, GetNoForgedAnswerToTheUserAndHonestOnesStillCome) {
  BadFriend bad(ana());
  bad.greet();
  EXPECT_TRUE(soon([&] { return ana().links_up() == 1; }));
  Asked asked(ana(), 1);
  ASSERT_FALSE(asked.error);
  const auto holder = rpc::Identity::generate();
  const std::vector files{some_file()};
  std::string sealed = rpc::seal_offer(holder, asked.started->query,
                                       rpc::seal_card(holder, "eve", {}, 1, unix_now()), files);
  const auto send_hit = [&](const std::string& offer) {
    Message hit;
    hit.kind = MessageKind::kHit;
    hit.query = asked.started->query;
    hit.overlay = kFlood;
    hit.ttl = 1;
    hit.hops = 1;
    hit.body = make_payload<HitBody>([&](HitBody& body) { body.sealed = offer; });
    ::shoal::v1::OpenRequest write;
    EXPECT_TRUE(write.ParseFromString(codec::frame_of(codec::encode_item(hit))));
    bad.send(write);
  };
  std::string forged = sealed;
  forged.back() = static_cast<char>(forged.back() ^ 1);
  send_hit(forged);
  EXPECT_TRUE(soon([&] { return ana().host().drops()["hit whose signature is wrong"] == 1; }));
  send_hit(sealed);
  EXPECT_TRUE(soon([&] {
    const std::lock_guard lock(asked.mutex);
    return asked.hits.size() == 1;
  }));
  ana().host().cancel(asked.started->query);
  EXPECT_EQ(asked.report().ended, EndReason::kCancelled);
}

TEST_F(BadFriends, CannotHoldUpAStop) {
  BadFriend bad(ana());
  bad.greet();
  EXPECT_TRUE(soon([&] { return ana().links_up() == 1; }));
  Asked asked(ana(), 5);  // never answered
  ASSERT_FALSE(asked.error);
  const auto start = std::chrono::steady_clock::now();
  ana().stop();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  EXPECT_EQ(asked.report().ended, EndReason::kCancelled);
}

TEST_F(BadFriends, AreCutWhenTheyAskMoreThanTheyRead) {
  BadFriend bad(ana());
  bad.greet();
  EXPECT_TRUE(soon([&] { return ana().links_up() == 1; }));
  std::string entries;
  while (entries.size() < 60'000) entries += codec::encode_item(codec::Ping{1});
  ::shoal::v1::OpenRequest write;
  ASSERT_TRUE(write.ParseFromString(codec::frame_of(entries)));
  for (int i = 0; i < 1000 && bad.send(write); ++i) {
  }
  EXPECT_TRUE(soon([&] { return ana().links_up() == 0; }));
}

TEST_F(BadFriends, ThatFloodUseUpTheirOwnBudgetAndNoOthers) {
  make_line(2);
  BadFriend bad(peer(1));
  bad.greet();
  EXPECT_TRUE(soon([&] { return peer(1).links_up() == 2; }));
  EXPECT_TRUE(bad.send(queries(0, 200)));
  Asked honest(peer(0), 1);
  EXPECT_TRUE(honest.report().complete);
  EXPECT_EQ(honest.report().peers_asked(), 1);
  EXPECT_EQ(honest.report().counts.refused, 0U);
}

TEST_F(BadFriends, GetNoNewBudgetByLinkingAgain) {
  const auto me = rpc::Identity::generate();
  const auto begun = std::chrono::steady_clock::now();
  for (std::uint64_t round = 0; round < 5; ++round) {
    BadFriend bad(ana(), me);
    bad.greet();
    EXPECT_TRUE(bad.send(queries(round * limits::kLinkQueriesBurst, limits::kLinkQueriesBurst)));
    // A last message shows that all before it were taken.
    ::shoal::v1::OpenRequest garbage;
    garbage.mutable_frame()->add_messages()->mutable_cancel();
    EXPECT_TRUE(bad.send(garbage));
    EXPECT_TRUE(
        soon([&] { return ana().host().drops()["malformed: no copy named"] == round + 1; }));
    bad.hang_up();
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  const double earned = (took.count() + 1) * limits::kLinkQueriesPerSecond;
  EXPECT_LE(ana().lookups, limits::kLinkQueriesBurst + earned);
}

TEST_F(BadFriends, HaveNoLinkAfterTheyWereRemovedWhileTheyGreeted) {
  BadFriend bad(ana());
  bad.greet_halfway();
  ana().host().unfriend(bad.id());
  EXPECT_TRUE(ana().host().links().empty());  // the removal is done
  bad.pong();
  EXPECT_EQ(bad.end().error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ana().links_up(), 0U);
}

TEST_F(BadFriends, AreNamedInTheReportOfASearchDuringWhichTheyLeft) {
  BadFriend bad(ana());
  bad.greet();
  EXPECT_TRUE(soon([&] { return ana().links_up() == 1; }));
  EXPECT_TRUE(soon([&] { return ana().host().links().at(0).state == LinkStatus::State::kActive; }));
  Asked asked(ana(), 1);
  bad.hang_up();
  EXPECT_EQ(asked.report().counts.unanswered, 1U);
  ASSERT_EQ(asked.finished->first_hops.size(), 1U);
  EXPECT_EQ(asked.finished->first_hops[0].peer, bad.id());
}

TEST_F(BadFriends, HaveNoLinkByTheKeyOfAQuery) {
  make_line(2);
  peer(1).files = {some_file()};
  Asked asked(peer(0), 1);
  ASSERT_EQ(asked.report().hits, 1U);
  const auto key = rpc::Identity::from_key_pem(asked.started->key_pem);
  ASSERT_TRUE(key);
  const auto stub =
      ::shoal::v1::LinkService::NewStub(rpc::make_channel(peer(1).endpoint(), *key, peer(1).id()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 10s);
  const auto stream = stub->Open(&context);
  ::shoal::v1::OpenResponse read;
  while (stream->Read(&read)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

}  // namespace
}  // namespace shoal::overlay
