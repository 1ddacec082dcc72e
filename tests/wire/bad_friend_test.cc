// SPDX-License-Identifier: Apache-2.0
// A friend turned bad: what it sends is counted by name, and costs it the link.
#include "tests/wire/bad_friend.h"
#include "overlay/core/registry.h"
#include "overlay/host/offenders.h"
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

/// Costs the link.
void offend(BadFriend& bad) {
  ::shoal::v1::OpenRequest garbage;
  for (unsigned i = 0; i < limits::kStrikesMax; ++i) {
    garbage.mutable_frame()->add_messages()->mutable_cancel();
  }
  EXPECT_TRUE(bad.send(garbage));
}

TEST_F(BadFriends, MayNotLinkAgainAtOnceAndAreToldSo) {
  const auto me = rpc::Identity::generate();
  BadFriend bad(ana(), me);
  bad.greet();
  offend(bad);
  const Error cut = rpc::from_status(bad.end());
  EXPECT_EQ(cut.code, Errc::kDenied);
  EXPECT_NE(cut.why.find("paused for your offences until 2"), std::string::npos) << cut.why;
  EXPECT_TRUE(soon([&] { return ana().links_up() == 0; }));

  BadFriend again(ana(), me);
  const Error refusal = rpc::from_status(again.end());
  EXPECT_EQ(refusal.code, Errc::kDenied);
  EXPECT_NE(refusal.why.find("paused for your offences until 2"), std::string::npos) << refusal.why;
  EXPECT_EQ(ana().host().drops()["link refused: paused for its offences"], 1U);
  const auto links = ana().host().links();
  ASSERT_EQ(links.size(), 1U);
  EXPECT_EQ(links[0].state, LinkStatus::State::kDown);
  EXPECT_NE(links[0].last_error.find("paused for its offences until 2"), std::string::npos);

  BadFriend other(ana());  // whoever else comes is none of it
  other.greet();
  EXPECT_TRUE(soon([&] { return ana().links_up() == 1; }));
}

TEST_F(BadFriends, WhoseSecondStreamGreetsWhileTheFirstIsCutArePausedToo) {
  const auto me = rpc::Identity::generate();
  BadFriend halfway(ana(), me);
  halfway.greet_halfway();
  BadFriend bad(ana(), me);
  bad.greet();
  EXPECT_TRUE(soon([&] { return ana().links_up() == 1; }));
  offend(bad);
  EXPECT_TRUE(soon([&] { return ana().links_up() == 0; }));
  halfway.pong();
  EXPECT_EQ(halfway.end().error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ana().host().drops()["link refused: paused for its offences"], 1U);
}

TEST_F(BadFriends, MayLinkAgainAfterTheirPause) {
  HostOptions options;
  options.pauses.first = 1ms;
  peers_.push_back(std::make_unique<Peer>(threads_, "ana", options));
  const auto me = rpc::Identity::generate();
  BadFriend bad(ana(), me);
  bad.greet();
  offend(bad);
  bad.end();
  EXPECT_TRUE(soon([&] {  // the pause may still run at the first attempts
    BadFriend again(ana(), me);
    again.greet();
    return soon([&] { return ana().links_up() == 1; });
  }));
}

TEST_F(BadFriends, AreNotDialledDuringTheirPause) {
  const auto me = rpc::Identity::generate();
  BadFriend bad(ana(), me);
  bad.greet();
  offend(bad);
  bad.end();
  EXPECT_TRUE(soon([&] { return ana().links_up() == 0; }));
  ana().host().befriend(me.id(), {"127.0.0.1:1"}, Role::kPrimary);
  const auto links = ana().host().links();
  ASSERT_EQ(links.size(), 1U);
  EXPECT_EQ(links[0].state, LinkStatus::State::kDown);
  EXPECT_NE(links[0].last_error.find("paused for its offences until 2"), std::string::npos);
  ASSERT_TRUE(links[0].next_dial);
  EXPECT_GT(*links[0].next_dial, limits::kOffencePause - 60s);
  EXPECT_LE(*links[0].next_dial, limits::kOffencePause);
}

TEST(Offenders, ArePausedLongerEachFurtherTimeAndForgottenWhenTheyStayDecent) {
  Offenders offenders({.first = 5min, .again = 1h, .memory = 24h});
  const Offenders::Time start{};
  const PeerId bad = rpc::Identity::generate().id();
  EXPECT_FALSE(offenders.paused_until(bad, start));
  EXPECT_EQ(offenders.note(bad, start), start + 5min);
  EXPECT_EQ(offenders.paused_until(bad, start + 5min - 1ns), start + 5min);
  EXPECT_FALSE(offenders.paused_until(bad, start + 5min));
  EXPECT_FALSE(offenders.paused_until(PeerId{}, start));
  EXPECT_EQ(offenders.note(bad, start + 1h), start + 2h);
  EXPECT_EQ(offenders.note(bad, start + 3h), start + 4h);
  EXPECT_EQ(offenders.note(bad, start + 28h - 1ns), start + 29h - 1ns) << "just remembered";
  EXPECT_EQ(offenders.note(bad, start + 53h), start + 53h + 5min) << "forgotten";
}

TEST(Offenders, AreBoundedAndTheOneWhosePauseEndsFirstGivesWay) {
  Offenders offenders({.first = 5min, .again = 1h, .memory = 24h});
  const auto peer = [](std::size_t number) {
    PeerId id{};
    id.bytes[0] = static_cast<std::uint8_t>(number >> 8);
    id.bytes[1] = static_cast<std::uint8_t>(number);
    return id;
  };
  const Offenders::Time start{};
  for (std::size_t i = 0; i < limits::kOffendersMax; ++i) {
    offenders.note(peer(i), start + std::chrono::milliseconds(i));
  }
  offenders.note(peer(0), start + 1s + 100ms);  // an hour: it does not end first any more
  offenders.note(peer(limits::kOffendersMax), start + 2s);
  EXPECT_EQ(offenders.size(), limits::kOffendersMax);
  EXPECT_TRUE(offenders.paused_until(peer(0), start + 2s));
  EXPECT_FALSE(offenders.paused_until(peer(1), start + 2s));
  EXPECT_TRUE(offenders.paused_until(peer(2), start + 2s));
  EXPECT_TRUE(offenders.paused_until(peer(limits::kOffendersMax), start + 2s));
}

TEST_F(BadFriends, WhoGreetAtTheSameTimeGetNoMoreLinksThanThereMayBe) {
  std::vector<std::unique_ptr<BadFriend>> crowd;
  for (std::size_t i = 0; i < limits::kLinksMax + 3; ++i) {
    crowd.push_back(std::make_unique<BadFriend>(ana()));
    crowd.back()->greet_halfway();
  }
  EXPECT_EQ(ana().links_up(), 0U);
  for (const auto& bad : crowd) bad->pong();
  EXPECT_TRUE(soon([&] { return ana().host().drops()["link refused: too many"] == 3; }));
  EXPECT_EQ(ana().links_up(), limits::kLinksMax);
  // One more is refused before it has greeted.
  BadFriend late(ana());
  EXPECT_EQ(rpc::from_status(late.end()).code, Errc::kOverloaded);
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
