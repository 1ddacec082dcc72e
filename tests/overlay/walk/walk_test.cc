// SPDX-License-Identifier: Apache-2.0
#include "overlay/walk/walk.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/overlay/walk/walk_properties.h"

namespace shoal::tests {
namespace {

using overlay::WalkEnd;
using overlay::Walker;
using overlay::WalkNews;

TEST(Walk, GoesWhereItsDiceSay) {
  EXPECT_EQ(every_step_is_the_one_that_its_dice_say(), Outcome::kHeld);
}
TEST(Walk, ReportsTheTruthWhenItSaysComplete) {
  EXPECT_EQ(complete_reports_of_walks_equal_what_the_world_saw(), Outcome::kHeld);
}
TEST(Walk, AsksBackAndStopsWhenThereIsEnough) {
  EXPECT_EQ(walkers_ask_back_and_stop_when_there_is_enough(), Outcome::kHeld);
}
TEST(Walk, CountsNoWalkerTwice) {
  EXPECT_EQ(under_faults_no_walker_is_counted_twice(), Outcome::kHeld);
}

TEST(Walk, AsksBackAfter16And32AndEvery64Steps) {
  std::string at;
  for (unsigned taken = 0; taken <= 260; ++taken) {
    if (overlay::asks_at(taken)) at += std::to_string(taken) + " ";
  }
  EXPECT_EQ(at, "16 32 64 128 192 256 ");
}

class NoSource final : public overlay::EnvSource {
 public:
  QueryId fresh_query_id() override { return {1, 2}; }
  std::uint64_t fresh_nonce() override { return 3; }
  PeerId id_of(PeerRef) override { return {}; }
  PeerRef self() override { return PeerRef{0}; }
};

// Walkers do not multiply, so the first one pays for many; but not for all that a neighbour sends.
TEST(Walk, ChargesANeighbourThatSendsWalkersWithoutEnd) {
  overlay::Walk walk;
  overlay::NodeConfig config;
  overlay::Links links;
  overlay::Link link;
  link.peer = PeerRef{5};
  link.ours = link.theirs = LinkMode::kActive;
  links.add(link);
  Rng rng(1);
  NoSource source;
  overlay::Env env{Instant{}, rng, source};
  overlay::Effects out;
  overlay::Context context{env, config, links, {}, out};
  Walker walker;
  walker.left = 10;
  QueryBody wanted;
  wanted.terms = "word";
  overlay::ByteWriter writer(walker.query);
  overlay::write_query(writer, wanted);
  Message step;
  step.query = {8, 9};
  step.kind = overlay::kWalkStep;
  step.overlay = overlay::kWalk;
  step.ttl = overlay::kWalkTtl;
  step.budget_ms = 5000;
  step.body = overlay::encode(walker);
  for (std::uint32_t i = 0; i < overlay::kWalkVisitsFree; ++i) {
    EXPECT_EQ(walk.charges(step), i == 0) << i;
    ASSERT_EQ(walk.on_message(context, PeerRef{5}, step), Verdict::kAccept);
    if (i == 0) walk.on_matches(context, out.lookups.at(0).token, {}, 0);
  }
  EXPECT_TRUE(walk.charges(step));
  EXPECT_EQ(out.lookups.size(), 1U);
  EXPECT_EQ(out.sends.size(), overlay::kWalkVisitsFree);  // each went on as one
  out.clear();
  walk.on_over_budget(context, PeerRef{5}, step);  // its budget is used up
  ASSERT_EQ(out.sends.size(), 1U);
  const auto news =
      overlay::decode_news(overlay::kWalkEnded, out.sends[0].message.body.ref<OpaqueBody>());
  ASSERT_TRUE(news);
  EXPECT_EQ(news->why, WalkEnd::kRefused);
}

Walker example() {
  Walker walker;
  walker.number = 7;
  walker.asks_back = true;
  walker.left = 300;
  walker.random = 0x1234'5678'9abc'def0;
  for (const std::uint8_t depth : std::array<std::uint8_t, 4>{1, 2, 2, 5}) {
    walker.tally.count_asked(depth);
  }
  walker.tally.duplicates = 3;
  walker.tally.taken = 7;
  walker.query = "some bytes";
  return walker;
}

TEST(Walker, IsReadAsItWasWritten) {
  const PayloadRef body = overlay::encode(example());
  EXPECT_EQ(overlay::decode_walker(body.ref<OpaqueBody>()), example());
  EXPECT_LT(body.ref<OpaqueBody>().bytes.size(), 40U);
}

TEST(Walker, ThatNoHonestPeerSendsIsRefused) {
  const auto refused = [](const Walker& walker) {
    return !overlay::decode_walker(overlay::encode(walker).ref<OpaqueBody>()).has_value();
  };
  Walker walker = example();
  walker.number = limits::kWalkersMax;
  EXPECT_TRUE(refused(walker));
  walker = example();
  walker.left = limits::kWalkStepsMax;
  EXPECT_TRUE(refused(walker));
  walker = example();
  ++walker.tally.taken;  // a step that came nowhere
  EXPECT_TRUE(refused(walker));
  walker = example();
  walker.query.assign(limits::kQueryBodyBytes + 1, 'x');
  EXPECT_TRUE(refused(walker));
}

// Cut anywhere before the query, and with any byte changed, it is refused or is another walker that
// fits all bounds: nothing else may come of bytes.
TEST(Walker, IsJudgedByteByByte) {
  Walker bare = example();
  bare.query.clear();
  const PayloadRef whole = overlay::encode(bare);
  const std::string& bytes = whole.ref<OpaqueBody>().bytes;
  OpaqueBody body;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    body.bytes = bytes.substr(0, size);
    EXPECT_FALSE(overlay::decode_walker(body)) << size;
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      body.bytes = bytes;
      body.bytes[at] = static_cast<char>(value);
      const auto walker = overlay::decode_walker(body);
      if (!walker) continue;
      EXPECT_LT(walker->number, limits::kWalkersMax);
      EXPECT_LT(walker->left + walker->tally.taken, limits::kWalkStepsMax);
    }
  }
}

TEST(Walker, ReportsAnEndOrAsksAndNeverBoth) {
  const WalkNews ended{3, WalkEnd::kLate, example().tally};
  const WalkNews asks{3, std::nullopt, example().tally};
  const auto read = [](MessageKind kind, const WalkNews& news) {
    return overlay::decode_news(kind, overlay::encode(news).ref<OpaqueBody>());
  };
  const auto back = read(overlay::kWalkEnded, ended);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->why, WalkEnd::kLate);
  EXPECT_EQ(back->tally, ended.tally);
  EXPECT_TRUE(read(overlay::kWalkAsks, asks));
  EXPECT_FALSE(read(overlay::kWalkAsks, ended));
  EXPECT_FALSE(read(overlay::kWalkEnded, asks));
  EXPECT_FALSE(read(overlay::kWalkEnded, {limits::kWalkersMax, WalkEnd::kLate, {}}));
}

}  // namespace
}  // namespace shoal::tests
