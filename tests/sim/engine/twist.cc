// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/engine/twist.h"

#include <rapidcheck.h>

#include <algorithm>
#include <ostream>

#include "tests/sim/engine/chatter.h"

namespace shoal::tests {
namespace {

template <class T>
T pick(const char* name, T least, T most) {
  const auto range = rc::gen::inRange<T>(least, static_cast<T>(most + 1));
  return *rc::gen::resize(rc::kNominalSize, range).as(name);
}

Role draw_role() {
  switch (pick("role", 0, 7)) {
    case 0:
      return Role::kPrimary;
    case 1:
      return Role::kSecondary;
    case 2:
      return Role::kAccepted;
    default:
      return Role::kFriend;
  }
}

}  // namespace

overlay::NodeConfig TwistedScenario::node() const {
  overlay::NodeConfig config;
  config.link_queries_per_second = query_limit ? 2 : 0;
  config.link_queries_burst = 2;
  config.open = open;
  if (open) config.always = {kChatter};
  return config;
}

TwistedScenario draw_twisted(Duration floor) {
  TwistedScenario scenario;
  scenario.base = draw_scenario({.faults = true, .searches = pick<std::size_t>("searches", 1, 3)});
  for (Friends& link : scenario.base.links) {
    link.delay.there = std::max(link.delay.there, floor);
    link.delay.back = std::max(link.delay.back, floor);
  }
  switch (pick("lookups", 0, 2)) {
    case 0:  // at once
      scenario.base.lookup = scenario.base.lookup_jitter = {};
      break;
    case 1:  // within the engine's window
      scenario.base.lookup = milliseconds(pick("short lookup", 0, 2));
      scenario.base.lookup_jitter = milliseconds(pick("short jitter", 1, 3));
      break;
    default:
      break;
  }
  const bool roles = pick("roles", 0, 1) == 0;
  for (std::size_t i = 0; i < scenario.base.links.size(); ++i) {
    sim::Friendship friendship;
    if (roles) friendship = {draw_role(), draw_role()};
    scenario.friendships.push_back(friendship);
  }
  scenario.query_limit = pick("query limit", 0, 3) == 0;
  for (Asked& asked : scenario.base.searches) {
    asked.echo = pick("echo", 0, 3) != 0;
    if (pick("enough", 0, 3) == 0) asked.enough = 1;
  }
  scenario.open = pick("open", 0, 1) == 0;
  scenario.network.law.delay =
      sim::DelayLaw(sim::UniformDelay{floor, floor + milliseconds(pick("visits' delay", 0, 50))});
  scenario.network.law.jitter = milliseconds(pick("visits' jitter", 0, 1) * 6);
  scenario.network.law.symmetry = static_cast<sim::Symmetry>(pick("visits each way", 0, 1));
  scenario.network.dial_fails = milliseconds(pick("dial fails", 8, 100));
  scenario.twists.resize(pick<std::size_t>("twists", 0, 10));
  for (Twist& twist : scenario.twists) {
    twist.kind = static_cast<Twist::Kind>(pick("twist", 0, scenario.open ? 15 : 10));
    twist.at = milliseconds(pick("twist at", 0, 400));
    twist.victim = pick<std::uint32_t>("its victim", 0, 63);
    twist.ppm = pick("ppm", -limits::kClockSkewMax, limits::kClockSkewMax);
    twist.forward = milliseconds(pick("forward", 0, 1) == 0 ? pick("a little", 0, 300)
                                                            : pick("far", 0, 40'000));
  }
  return scenario;
}

std::ostream& operator<<(std::ostream& out, const TwistedScenario& scenario) {
  out << scenario.base;
  for (const Twist& twist : scenario.twists) {
    out << "  twist " << static_cast<int>(twist.kind) << " at " << twist.at.count() << " us on "
        << twist.victim << ", " << twist.ppm << " ppm, forward " << twist.forward.count() << '\n';
  }
  for (const sim::Friendship& friendship : scenario.friendships) {
    out << "  roles " << static_cast<int>(friendship.second_at_first) << ' '
        << static_cast<int>(friendship.first_at_second) << '\n';
  }
  out << "  open " << scenario.open << ", visits up to " << scenario.network.law.bound().count()
      << " us\n";
  return out << "  query limit " << scenario.query_limit << '\n';
}

}  // namespace shoal::tests
