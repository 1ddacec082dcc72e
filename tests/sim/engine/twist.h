// SPDX-License-Identifier: Apache-2.0
// More that can befall a drawn scenario, and how to let it happen to a World or an Engine alike.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <vector>

#include "overlay/core/registry.h"
#include "sim/engine/content.h"
#include "sim/engine/open_network.h"
#include "tests/support/play.h"
#include "tests/support/scenario.h"

namespace shoal::tests {

struct Twist {
  enum class Kind : std::uint8_t {
    kBringUp,
    kRestart,
    kUnfriend,
    kCancel,
    kRefuse,
    kOffend,   ///< so often that the link is cut
    kFlap,     ///< a link goes down and comes up again
    kAsk,      ///< one more search
    kDrift,    ///< a clock runs fast or slow from now on
    kJump,     ///< a clock jumps
    kGarbage,  ///< bytes that are no message
    // in open networks
    kIntroduce,
    kChange,  ///< of what a peer shares
    kSide,    ///< a peer goes to another side, or back
    kHide,    ///< nobody can dial a peer
    kShow,
  };
  Kind kind = Kind::kBringUp;
  Duration at{};
  std::uint32_t victim = 0;  ///< a peer, a link or a search
  std::int32_t ppm = 0;
  Duration forward{};
};

/// A scenario with twists, roles and a choice of rules.
struct TwistedScenario {
  Scenario base;
  std::vector<Twist> twists;
  std::vector<sim::Friendship> friendships;  ///< by link
  bool query_limit = false;
  bool open = false;  ///< and all peers chat
  sim::OpenNetwork network;
  [[nodiscard]] overlay::NodeConfig node() const;
  [[nodiscard]] bool has(Twist::Kind kind) const {
    return std::ranges::find(twists, kind, &Twist::kind) != twists.end();
  }
};

/// All delays are at least `floor`. Inside rc::check only.
TwistedScenario draw_twisted(Duration floor);
std::ostream& operator<<(std::ostream& out, const TwistedScenario& scenario);

/// Lets the fault happen now.
template <class World>
void befall(World& world, const Scenario& scenario, const Fault& fault) {
  if (fault.kind == Fault::Kind::kCrash) return world.crash(PeerRef{fault.victim}, fault.learned);
  const PeerRef first{scenario.links[fault.victim].first};
  const PeerRef second{scenario.links[fault.victim].second};
  if (fault.kind == Fault::Kind::kLinkDown) {
    return world.take_down(first, second, fault.learned, fault.learned / 2);
  }
  world.stall(first, second, true);
  world.at(world.now() + fault.learned,
           [&world, first, second] { world.stall(first, second, false); });
}

template <class World>
bool linked(World& world, PeerRef at, PeerRef of) {
  return world.alive(at) && world.node(at).links().find(of) != nullptr;
}

template <class World>
void ask(World& world, const Asked& asked, std::optional<QueryId>& started) {
  if (!world.alive(PeerRef{asked.origin})) return;
  overlay::SearchRequest request;
  request.body = body_of(asked);
  request.ttl = asked.ttl;
  request.budget = asked.budget;
  request.enough = asked.enough;
  const Result<QueryId> query = world.search(PeerRef{asked.origin}, request);
  if (query) started = *query;
}

/// Lets the twist happen now.
template <class World>
void turn(World& world, const TwistedScenario& scenario, const Twist& twist,
          const std::vector<std::optional<QueryId>>& started) {
  const Friends& link = scenario.base.links[twist.victim % scenario.base.links.size()];
  const PeerRef first{link.first};
  const PeerRef second{link.second};
  const PeerRef peer{twist.victim % scenario.base.peers};
  const std::size_t search = twist.victim % scenario.base.searches.size();
  const PeerRef origin{scenario.base.searches[search].origin};
  const PeerRef other{(twist.victim * 5 + 1) % scenario.base.peers};
  Message offence;
  offence.overlay = overlay::kFlood;
  switch (twist.kind) {
    case Twist::Kind::kBringUp:
      return world.bring_up(first, second);
    case Twist::Kind::kRestart:
      if (!world.alive(peer)) world.restart(peer);
      return;
    case Twist::Kind::kUnfriend:
      return world.unfriend(first, second);
    case Twist::Kind::kCancel:
      if (started[search] && world.alive(origin)) world.cancel(origin, *started[search]);
      return;
    case Twist::Kind::kRefuse:
      if (!linked(world, first, second)) world.refuse(first, second);
      return;
    case Twist::Kind::kFlap:
      world.take_down(first, second);
      return world.bring_up(first, second);
    case Twist::Kind::kAsk: {
      Asked asked = scenario.base.searches[search];
      asked.origin = peer.value;
      std::optional<QueryId> ignored;
      return ask(world, asked, ignored);
    }
    case Twist::Kind::kDrift:
      return world.drift(peer, twist.ppm);
    case Twist::Kind::kJump:
      return world.jump(peer, twist.forward);
    case Twist::Kind::kGarbage:
      if (linked(world, second, first)) world.garbage(first, second);
      return;
    case Twist::Kind::kIntroduce:
      if (world.alive(peer)) world.introduce(peer, other);
      return;
    case Twist::Kind::kChange:
      return world.change_shares(peer);
    case Twist::Kind::kSide:
      return world.put_on_side(peer, twist.ppm > 0 ? 1 : 0);
    case Twist::Kind::kHide:
      return world.hide(peer, true);
    case Twist::Kind::kShow:
      return world.hide(peer, false);
    case Twist::Kind::kOffend:
      for (unsigned i = 0; i < limits::kStrikesMax; ++i) {
        if (linked(world, second, first)) world.inject(first, second, offence);
      }
  }
}

/// Connects all peers and lets everything in the scenario happen, to the end; true if it ended.
/// Requires that the peers are there.
template <class World>
bool play_out(World& world, const TwistedScenario& scenario) {
  const Scenario& base = scenario.base;
  std::vector<std::optional<QueryId>> started(base.searches.size());
  for (std::size_t i = 0; i < base.links.size(); ++i) {
    world.connect(PeerRef{base.links[i].first}, PeerRef{base.links[i].second}, base.links[i].delay,
                  scenario.friendships[i]);
  }
  for (std::uint32_t peer = 0; scenario.open && peer < base.peers; ++peer) {
    world.introduce(PeerRef{peer}, PeerRef{(peer + 1) % base.peers});
    world.introduce(PeerRef{peer}, PeerRef{(peer * 7 + 3) % base.peers});
  }
  for (const Fault& fault : base.faults) {
    world.at(Instant(fault.at), [&] { befall(world, base, fault); });
  }
  for (const Twist& twist : scenario.twists) {
    world.at(Instant(twist.at), [&] { turn(world, scenario, twist, started); });
  }
  for (std::size_t i = 0; i < base.searches.size(); ++i) {
    world.at(Instant(base.searches[i].at), [&, i] { ask(world, base.searches[i], started[i]); });
  }
  world.run(Instant(milliseconds(137)));  // stop and go on
  return world.run(Instant(std::chrono::minutes(10)));
}

}  // namespace shoal::tests
