// SPDX-License-Identifier: Apache-2.0
// Fail-over against the rule read off a log: who was up when.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <map>

#include "tests/support/line_world.h"

namespace shoal::tests {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t kPrimary = 1;
constexpr std::array<std::uint32_t, 2> kSecondaries{2, 3};

/// The rule of friends.h, as dumb as it can be put: who was up since when, looked at at any moment.
struct Log {
  Instant primary_since{};  ///< of its present state
  bool primary_up = true;
  bool given_up = false;
  std::uint32_t stand_in = 0;  ///< 0: nobody
  std::map<std::uint32_t, bool> secondary_up{{2, true}, {3, true}};

  void pass(Instant now) {
    const Duration since = now - primary_since;
    if (!primary_up && since >= limits::kPrimaryGrace) given_up = true;
    const bool had_one = stand_in != 0;
    if (stand_in != 0 && !secondary_up[stand_in]) stand_in = 0;
    const bool lost_it = had_one && stand_in == 0;
    if (primary_up && (since >= limits::kPrimaryReturn || lost_it || !had_one)) given_up = false;
    if (!given_up) stand_in = 0;
    for (const auto& [secondary, up] : secondary_up) {
      if (given_up && stand_in == 0 && up) stand_in = secondary;
    }
  }
};

RC_GTEST_PROP(Friends, AskThePrimaryOrElseTheOneSecondaryThatStandsIn, (std::uint64_t seed)) {
  sim::WorldOptions options;
  options.seed = seed;
  LineWorld world(4, options);
  world.link(0, kPrimary, {Role::kPrimary, Role::kAccepted});
  for (const std::uint32_t peer : kSecondaries) {
    world.link(0, peer, {Role::kSecondary, Role::kAccepted});
  }
  Log log;
  const int steps = *rc::gen::inRange(1, 30).as("steps");
  for (int step = 0; step < steps; ++step) {
    // Never a multiple that could tie with the rule's own times.
    world.run_for(milliseconds(*rc::gen::inRange(0, 40).as("pause / 337 ms") * 337 + 1));
    log.pass(world.world.now());
    const auto peer = *rc::gen::inRange<std::uint32_t>(1, 4).as("link to");
    const bool up = *rc::gen::inRange(0, 2).as("goes up") == 1;
    if (up) {
      world.world.bring_up(PeerRef{0}, PeerRef{peer});
    } else {
      world.world.take_down(PeerRef{0}, PeerRef{peer});
    }
    if (peer != kPrimary) {
      log.secondary_up[peer] = up;
    } else if (log.primary_up != up) {
      log.primary_up = up;
      log.primary_since = world.world.now();
    }
    log.pass(world.world.now());
    RC_ASSERT(world.asks(0, kPrimary) == (log.primary_up && !log.given_up));
    for (const std::uint32_t secondary : kSecondaries) {
      RC_ASSERT(world.asks(0, secondary) == (log.stand_in == secondary));
    }
  }
}

}  // namespace
}  // namespace shoal::tests
