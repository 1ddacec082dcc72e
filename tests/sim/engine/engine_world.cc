// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/engine/engine_world.h"

#include <rapidcheck.h>

#include <algorithm>
#include <deque>

#include "sim/engine/engine.h"
#include "sim/world.h"
#include "tests/sim/engine/chatter.h"
#include "tests/sim/engine/notes.h"
#include "tests/sim/engine/twist.h"
#include "tests/support/class_shares.h"

namespace shoal::tests {
namespace {

constexpr Duration kFloor = milliseconds(8);

struct Outcome {
  std::uint64_t digest = 0;
  std::uint64_t deliveries = 0;
  Instant ended;
  bool quiet = false;
  std::vector<Note> seen;
  std::vector<Note> lost;
};

Outcome of_world(const TwistedScenario& scenario) {
  const overlay::NodeConfig node = scenario.node();
  sim::WorldOptions options;
  options.seed = scenario.base.seed;
  options.node = node;
  options.queue_messages = scenario.base.queue_messages;
  options.lookup = scenario.base.lookup;
  options.lookup_jitter = scenario.base.lookup_jitter;
  options.cut_learned = kFloor;
  options.dial_grain = kFloor;
  options.open = scenario.network;
  Notes notes;
  sim::World world(options, talkative());
  world.watch(notes);
  for (std::uint32_t peer = 0; peer < scenario.base.peers; ++peer) {
    world.add_peer();
    if (scenario.base.shares[peer]) world.share(PeerRef{peer}, wanted_file());
  }
  Outcome outcome;
  outcome.quiet = play_out(world, scenario);
  outcome.digest = world.digest();
  outcome.deliveries = world.deliveries();
  outcome.ended = world.now();
  outcome.seen = notes.seen;
  outcome.lost = notes.lost;
  return outcome;
}

Outcome of_engine(const TwistedScenario& scenario, unsigned threads, sim::Order order,
                  unsigned shard_bits) {
  const SharedFiles content(scenario.base);
  sim::EngineOptions options;
  options.seed = scenario.base.seed;
  options.node = scenario.node();
  options.queue_messages = scenario.base.queue_messages;
  options.lookup = scenario.base.lookup;
  options.lookup_jitter = scenario.base.lookup_jitter;
  options.floor = kFloor;
  options.open = scenario.network;
  options.threads = threads;
  options.work_for_threads = 0;
  options.order = order;
  options.shard_bits = shard_bits;
  options.content = &content;
  auto engine = sim::Engine::make(options, talkative());
  RC_ASSERT(engine.has_value());
  std::deque<Notes> notes;
  if (order == sim::Order::kTotal) {
    (*engine)->watch(notes.emplace_back());
  } else {
    (*engine)->measure([&](std::uint32_t) { return &notes.emplace_back(); });
  }
  (*engine)->add_peers(scenario.base.peers);
  Outcome outcome;
  outcome.quiet = play_out(**engine, scenario);
  outcome.digest = (*engine)->digest();
  outcome.deliveries = (*engine)->deliveries();
  outcome.ended = (*engine)->now();
  for (const Notes& shard : notes) {
    outcome.seen.insert(outcome.seen.end(), shard.seen.begin(), shard.seen.end());
    outcome.lost.insert(outcome.lost.end(), shard.lost.begin(), shard.lost.end());
  }
  return outcome;
}

std::vector<Note> by_peer(std::vector<Note> notes) {
  std::ranges::stable_sort(notes, {}, &Note::peer);
  return notes;
}

/// The first note in which the two differ, in words.
void expect_equal(const std::vector<Note>& world, const std::vector<Note>& engine) {
  const auto [a, b] = std::ranges::mismatch(world, engine);
  if (a == world.end() && b == engine.end()) return;
  const auto show = [](const char* who, const Note& note) {
    return std::string(who) + " saw peer " + std::to_string(note.peer) + " at " +
           std::to_string(note.at) + ": " + note.what + "; ";
  };
  std::string text = "note " + std::to_string(a - world.begin()) + ": ";
  if (a != world.end()) text += show("the world", *a);
  if (b != engine.end()) text += show("the engine", *b);
  RC_FAIL(text);
}

void expect_same(const Outcome& world, const Outcome& engine, sim::Order order) {
  if (order == sim::Order::kTotal) {
    expect_equal(world.seen, engine.seen);
  } else {
    expect_equal(by_peer(world.seen), by_peer(engine.seen));
  }
  auto expected = world.lost;
  auto lost = engine.lost;
  std::ranges::sort(expected);
  std::ranges::sort(lost);
  expect_equal(expected, lost);
  RC_ASSERT(engine.digest == world.digest);
  RC_ASSERT(engine.deliveries == world.deliveries);
  RC_ASSERT(engine.ended == world.ended);
  RC_ASSERT(engine.quiet == world.quiet);
}

/// Some chatter's words came through.
bool said(const Outcome& outcome, const std::string& words) {
  return std::ranges::any_of(outcome.seen, [&](const Note& note) {
    return note.what.starts_with("from") && note.what.find(words) != std::string::npos;
  });
}

/// A link came up that the scenario did not give.
bool dialled(const Outcome& outcome, const Scenario& scenario) {
  return std::ranges::any_of(outcome.seen, [&](const Note& note) {
    const auto is = [&](const Friends& link) {
      return (note.peer == link.first && note.what == "up " + std::to_string(link.second)) ||
             (note.peer == link.second && note.what == "up " + std::to_string(link.first));
    };
    return note.what.starts_with("up ") && std::ranges::none_of(scenario.links, is);
  });
}

}  // namespace

Agreement engine_agrees_with_world(const std::string& name, unsigned threads, sim::Order order) {
  ClassShares shares;
  const bool held = rc::check(name, [&] {
    const TwistedScenario scenario = draw_twisted(kFloor);
    RC_LOG() << scenario;
    const auto shard_bits =
        *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0U, 5U)).as("shard bits");
    const Outcome world = of_world(scenario);
    const auto saw = [&](std::string_view word) {
      return std::ranges::any_of(world.seen,
                                 [&](const Note& note) { return note.what.starts_with(word); });
    };
    shares.next_case();
    shares.mark("cycles", scenario.base.has_cycles());
    shares.mark("unequal delays", scenario.base.delays_differ());
    shares.mark("links down", saw("down"));
    shares.mark("given back", saw("given back"));
    shares.mark("lost", !world.lost.empty());
    shares.mark("found", saw("found"));
    shares.mark("visits", said(world, " hello"));
    shares.mark("dialled", dialled(world, scenario.base));
    shares.mark("listed", said(world, wanted_file().name + "."));
    shares.mark("twists", !scenario.twists.empty());
    shares.mark("clocks differ", scenario.has(Twist::Kind::kDrift));
    shares.mark("clocks jump", scenario.has(Twist::Kind::kJump));
    expect_same(world, of_engine(scenario, threads, order, shard_bits), order);
  });
  if (!held) return Agreement::kBroken;
  return shares.enough(name) ? Agreement::kHeld : Agreement::kThin;
}

}  // namespace shoal::tests
