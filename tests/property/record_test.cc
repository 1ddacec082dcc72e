// SPDX-License-Identifier: Apache-2.0
// A peer's record replays into a fresh core with equal effects, and tells when it does not.
#include "overlay/core/record.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>

#include "overlay/core/registry.h"
#include "overlay/core/replay.h"
#include "overlay/flood/faults.h"
#include "overlay/membership/friends.h"
#include "tests/support/line_world.h"
#include "tests/support/play.h"

namespace shoal::tests {
namespace {

Result<overlay::Replay> replayed(std::string_view record) {
  return overlay::replay(record, overlay::registry(), std::make_unique<overlay::Friends>());
}

Played played_with_records(Scenario& scenario) {
  scenario.record = true;
  return play(scenario);
}

/// The life of the busiest peer of a small world.
std::string some_record() {
  Scenario scenario;
  scenario.seed = 3;
  scenario.peers = 4;
  scenario.shares = {false, false, true, true};
  const sim::LinkDelay delay{milliseconds(10), milliseconds(12), milliseconds(3)};
  scenario.links = {{0, 1, delay}, {1, 2, delay}, {2, 3, delay}, {1, 3, delay}};
  scenario.searches = {Asked{.origin = 0, .ttl = 4}};
  return played_with_records(scenario).world->record_of(PeerRef{1});
}

RC_GTEST_PROP(Record, ReplaysEveryLifeOfADrawnWorldExactly, ()) {
  Scenario scenario = draw_scenario({.faults = true, .searches = 2});
  const Played played = played_with_records(scenario);
  std::uint64_t inputs = 0;
  for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
    const auto again = replayed(played.world->record_of(PeerRef{peer}));
    RC_ASSERT(again.has_value());
    RC_ASSERT(again->difference == "");
    RC_ASSERT(!again->full);
    inputs += again->inputs;
  }
  RC_ASSERT(inputs >= played.world->deliveries());
}

// What a link had spent of its query budget when it went down is an input of the next one.
RC_GTEST_PROP(Record, ReplaysLinksWhoseBudgetIsSpent, ()) {
  sim::WorldOptions options;
  options.record = true;
  options.node.link_queries_per_second = 2;
  options.node.link_queries_burst = 3;
  LineWorld line(3, options);
  line.link(0, 1);
  line.link(1, 2);
  const auto before = *rc::gen::inRange(1, 6).as("searches before");
  const auto after = *rc::gen::inRange(1, 6).as("searches after");
  const auto away = milliseconds(*rc::gen::inRange(0, 2000).as("away"));
  for (int i = 0; i < before; ++i) static_cast<void>(line.search(0));
  line.run_for(milliseconds(100));
  line.world.take_down(PeerRef{0}, PeerRef{1});
  line.run_for(away);
  line.world.bring_up(PeerRef{0}, PeerRef{1});
  for (int i = 0; i < after; ++i) static_cast<void>(line.search(0));
  line.run_for(std::chrono::minutes(3));
  // The oracle of the budget itself: what was spent and not yet earned again.
  std::uint32_t refused = 0;
  for (const SearchReport& report : line.diary.reports) {
    refused += report.counts.refused > 0 && report.peers_asked() == 0 ? 1U : 0U;
  }
  const int spent = std::max(0, std::min(before, 3) - (static_cast<int>(away.count()) + 100) / 500);
  RC_CLASSIFY(spent > 0, "spent when it came up again");
  const int refused_before = std::max(0, before - 3);
  const int refused_after = std::max(0, after - (3 - spent));
  RC_ASSERT(std::abs(static_cast<int>(refused) - refused_before - refused_after) <= 1);
  for (std::uint32_t peer = 0; peer < 3; ++peer) {
    const auto again = replayed(line.world.record_of(PeerRef{peer}));
    RC_ASSERT(again.has_value());
    RC_ASSERT(again->difference == "");
  }
}

TEST(Record, ShowsThatTheCoreIsAnother) {
  const std::string record = some_record();
  overlay::planted_flood_fault = overlay::FloodFault::kEchoBeforeChildren;
  const auto other = replayed(record);
  overlay::planted_flood_fault = overlay::FloodFault::kFaultless;
  ASSERT_TRUE(other);
  EXPECT_EQ(other->difference, "matches at 10 ms");
  EXPECT_EQ(other->differs, other->inputs);
  EXPECT_FALSE(replayed(record)->differs);
}

TEST(Record, IsReplayedAsFarAsItGoesWhenItWasCutOff) {
  const std::string record = some_record();
  const std::uint64_t whole = replayed(record)->inputs;
  ASSERT_GT(whole, 10U);
  std::uint64_t before = 0;
  std::size_t head = 1;  // what must be there for it to be a record
  while (head < record.size() && !replayed(std::string_view(record).substr(0, head))) ++head;
  EXPECT_LT(head, 200U);
  for (std::size_t size = head; size < record.size(); ++size) {
    const auto part = replayed(std::string_view(record).substr(0, size));
    ASSERT_TRUE(part) << size;
    EXPECT_FALSE(part->differs) << size;
    EXPECT_GE(part->inputs, before);
    before = part->inputs;
  }
  EXPECT_EQ(before, whole - 1);
}

TEST(Record, IsRefusedWhenAnyByteOfItIsWrong) {
  const std::string record = some_record();
  std::size_t unread = 0;
  for (std::size_t at = 0; at < record.size(); ++at) {
    std::string wrong = record;
    wrong[at] = static_cast<char>(wrong[at] ^ 0x40);
    const auto part = replayed(wrong);
    // A length that was made longer looks like a record that was cut off there.
    if (part) {
      EXPECT_LT(part->inputs, replayed(record)->inputs) << at;
      ++unread;
    }
  }
  EXPECT_LT(unread, record.size() / 8);
}

TEST(Record, EndsWithAMarkAtItsLimit) {
  const overlay::NodeConfig config;
  overlay::Recorder recorder(config, 400);
  overlay::Node node(config, overlay::registry(), std::make_unique<overlay::Friends>());
  struct NoAnswers final : overlay::EnvSource {
    QueryId fresh_query_id() override { return {}; }
    std::uint64_t fresh_nonce() override { return 0; }
    PeerId id_of(PeerRef) override { return {}; }
    PeerRef self() override { return PeerRef{99}; }
  } source;
  Rng rng(1);
  std::string record;
  for (std::uint32_t peer = 0; peer < 100; ++peer) {
    overlay::Env env{Instant(milliseconds(peer)), rng, source};
    overlay::Effects out;
    overlay::RecordedNode(node, &recorder).befriend(env, PeerRef{peer}, Role::kFriend, out);
    record += recorder.take();
  }
  EXPECT_TRUE(recorder.full());
  EXPECT_LE(record.size(), 440U);
  const auto part = replayed(record);
  ASSERT_TRUE(part);
  EXPECT_TRUE(part->full);
  EXPECT_GT(part->inputs, 3U);
  EXPECT_LT(part->inputs, 100U);
}

TEST(Record, IsToldFromOtherFiles) {
  EXPECT_FALSE(replayed(""));
  EXPECT_FALSE(replayed("config_version: 1\n"));
  EXPECT_FALSE(replayed("shoal-record 2\n"));
}

}  // namespace
}  // namespace shoal::tests
