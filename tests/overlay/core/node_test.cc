// SPDX-License-Identifier: Apache-2.0
#include "overlay/core/node.h"

#include <gtest/gtest.h>

#include <memory>

#include "overlay/core/registry.h"
#include "overlay/membership/friends.h"
#include "tests/support/line_world.h"

namespace shoal::tests {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr PeerRef kA{0};
constexpr PeerRef kB{1};

Message query_of(std::uint64_t number, std::uint8_t ttl, std::uint8_t hops) {
  Message message;
  message.query = QueryId{1, number};
  message.overlay = overlay::kFlood;
  message.ttl = ttl;
  message.hops = hops;
  message.budget_ms = 1000;
  message.body = make_payload<QueryBody>([](QueryBody& query) { query.terms = "word"; });
  return message;
}

TEST(Node, RejectsAQueryWhoseTtlAndHopsPassTheNetworksLimit) {
  LineWorld line(2);
  line.link(0, 1);
  EXPECT_EQ(line.world.inject(kA, kB, query_of(1, 15, 0)), Verdict::kAccept);
  EXPECT_EQ(line.world.inject(kA, kB, query_of(2, 15, 1)), Verdict::kReject);
  EXPECT_EQ(line.world.inject(kA, kB, query_of(3, 255, 255)), Verdict::kReject);
  EXPECT_EQ(line.world.inject(kA, kB, query_of(4, 0, 3)), Verdict::kReject);
}

TEST(Node, RejectsAQueryWithMoreTimeThanAnySearchMayHave) {
  LineWorld line(2);
  line.link(0, 1);
  Message endless = query_of(1, 3, 0);
  endless.budget_ms = UINT32_MAX;
  EXPECT_EQ(line.world.inject(kA, kB, endless), Verdict::kReject);
}

TEST(Node, RejectsAMessageWithoutThePayloadOfItsKind) {
  LineWorld line(2);
  line.link(0, 1);
  for (unsigned kind = 0; kind < 256; ++kind) {
    Message message = query_of(1, 3, 0);
    message.kind = static_cast<MessageKind>(kind);
    if (message.kind == MessageKind::kQuery) continue;
    LineWorld fresh(2);
    fresh.link(0, 1);
    EXPECT_EQ(fresh.world.inject(kA, kB, message), Verdict::kReject) << kind;
  }
}

TEST(Node, CutsALinkAtTheTenthStrikeAndNotBefore) {
  LineWorld line(2);
  line.link(0, 1);
  for (unsigned strike = 1; strike < limits::kStrikesMax; ++strike) {
    line.world.inject(kA, kB, query_of(strike, 0, 0));
  }
  EXPECT_TRUE(line.diary.downs.empty());
  line.world.inject(kA, kB, query_of(99, 0, 0));
  EXPECT_EQ(line.diary.downs.size(), 2U);
}

TEST(Node, RefusesQueriesOverALinksBudgetAndTakesThemAgainLater) {
  LineWorld line(2);
  line.link(0, 1);
  const auto refused_of = [&](std::size_t searches) {
    std::uint32_t refused = 0;
    line.diary.reports.clear();
    for (std::size_t i = 0; i < searches; ++i) EXPECT_TRUE(line.search(0, 1));
    line.run_for(milliseconds(20));
    EXPECT_EQ(line.diary.reports.size(), searches);
    for (const SearchReport& report : line.diary.reports) refused += report.counts.refused;
    return refused;
  };
  EXPECT_EQ(refused_of(limits::kLinkQueriesBurst), 0U);
  EXPECT_EQ(refused_of(1), 1U) << "20 ms fill nothing: a token takes 50 ms";
  line.run_for(milliseconds(950));
  EXPECT_EQ(refused_of(limits::kLinkQueriesPerSecond + 5), 5U);
  EXPECT_TRUE(line.diary.downs.empty()) << "no offence";
}

struct FixedSource final : overlay::EnvSource {
  QueryId fresh_query_id() override { return {7, 7}; }
  std::uint64_t fresh_nonce() override { return 7; }
  PeerId id_of(PeerRef) override { return {}; }
  PeerRef self() override { return PeerRef{99}; }
};

TEST(Node, TakesFromANewLinksBudgetWhatThePeersLastLinkHadSpent) {
  const overlay::NodeConfig config;
  overlay::Node node(config, overlay::registry(), std::make_unique<overlay::Friends>());
  FixedSource source;
  Rng rng(1);
  overlay::Env env{Instant(seconds(1)), rng, source};
  overlay::Effects out;
  overlay::LinkUp up{kA, milliseconds(250)};
  EXPECT_EQ(node.spent(env.now, kA), 0U) << "no link";
  node.on_link_up(env, up, out);
  for (std::uint64_t i = 0; i < 30; ++i) {
    EXPECT_EQ(node.on_message(env, kA, query_of(i, 1, 0), out), Verdict::kAccept);
  }
  EXPECT_EQ(node.spent(env.now, kA), 30U);
  env.now += milliseconds(500);
  up.spent = node.spent(env.now, kA);
  EXPECT_EQ(up.spent, 20U) << "half a second earns ten";
  node.on_link_down(env, kA, overlay::LinkDownReason::kGone, out);
  node.on_link_up(env, up, out);
  EXPECT_EQ(node.spent(env.now, kA), 20U);
  out = {};
  for (std::uint64_t i = 100; i < 121; ++i) {
    EXPECT_EQ(node.on_message(env, kA, query_of(i, 1, 0), out), Verdict::kAccept);
  }
  ASSERT_EQ(out.sends.size(), 1U);
  EXPECT_EQ(out.sends[0].message.kind, MessageKind::kEchoRefused) << "of the twenty-first";
  EXPECT_EQ(out.lookups.size(), 20U);
  up.spent = UINT32_MAX;
  node.on_link_down(env, kA, overlay::LinkDownReason::kGone, out);
  node.on_link_up(env, up, out);
  EXPECT_EQ(node.spent(env.now, kA), limits::kLinkQueriesBurst) << "no more than all of it";
}

TEST(Node, RefusesAQueryForAnOverlayThatItDoesNotSpeak) {
  LineWorld line(2);
  line.link(0, 1);
  Message unknown = query_of(1, 3, 0);
  unknown.overlay = OverlayId{200};
  EXPECT_EQ(line.world.inject(kA, kB, unknown), Verdict::kAccept);
  line.run_for(seconds(1));
  ASSERT_EQ(line.diary.deliveries.size(), 2U);
  EXPECT_EQ(line.diary.deliveries[1].message.kind, MessageKind::kEchoRefused);
}

TEST(Node, RefusesASearchWithoutWordsTooLongOrWithoutAFriend) {
  LineWorld line(2);
  overlay::SearchRequest request;
  request.body = make_payload<QueryBody>([](QueryBody&) {});
  EXPECT_EQ(line.world.search(kA, request).error().code, Errc::kInvalidArgument);
  request.body = make_payload<QueryBody>(
      [](QueryBody& query) { query.terms.assign(limits::kTermsMax + 1, 'x'); });
  EXPECT_EQ(line.world.search(kA, request).error().code, Errc::kInvalidArgument);
  EXPECT_EQ(line.search(0).error().code, Errc::kNotConnected);
  line.link(0, 1);
  EXPECT_EQ(line.search(0, 16).error().code, Errc::kInvalidArgument);
  EXPECT_EQ(line.search(0, 0).error().code, Errc::kInvalidArgument);
  EXPECT_EQ(line.search(0, 1, std::chrono::hours(1)).error().code, Errc::kInvalidArgument);
  EXPECT_TRUE(line.search(0));
}

TEST(Node, RefusesASearchInWordsThatHoldForWhateverProgramDrivesIt) {
  for (const bool linked : {false, true}) {
    for (const overlay::OverlayEntry& entry : overlay::registry()) {
      LineWorld line(2);
      if (linked) line.link(0, 1);
      overlay::SearchRequest request;
      request.via = entry.id;
      request.body = make_payload<QueryBody>([](QueryBody& query) { query.terms = "word"; });
      request.ttl = linked ? 0 : 3;
      const auto refused = line.world.search(kA, request);
      ASSERT_FALSE(refused) << entry.name;
      const Error& error = refused.error();
      const std::string words = error.what + error.why + error.next;
      EXPECT_EQ(words.find("shoal"), std::string::npos) << words;
      EXPECT_EQ(words.find("--"), std::string::npos) << words;
    }
  }
}

TEST(Node, TakesAtMost600BytesWhenIdleWithEightFriendsAndFloodBuilt) {
  LineWorld line(9);
  for (std::uint32_t other = 1; other < 9; ++other) line.link(0, other);
  ASSERT_TRUE(line.search(0, 2));
  line.run_for(std::chrono::minutes(5));
  const std::size_t bytes = line.world.node(kA).bytes();
  RecordProperty("bytes", static_cast<int>(bytes));
  EXPECT_LE(bytes, 600U);
}

}  // namespace
}  // namespace shoal::tests
