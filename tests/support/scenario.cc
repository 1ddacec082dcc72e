// SPDX-License-Identifier: Apache-2.0
#include "tests/support/scenario.h"

#include <rapidcheck.h>

#include <algorithm>
#include <deque>
#include <ostream>
#include <set>
#include <utility>

namespace shoal::tests {
namespace {

/// From the whole range in every case: RapidCheck's own ranges grow with the number of the case.
template <class T>
T draw(const char* name, T least, T most) {
  const auto range = rc::gen::inRange<T>(least, static_cast<T>(most + 1));
  return *rc::gen::resize(rc::kNominalSize, range).as(name);
}

Duration draw_ms(const char* name, int least, int most) {
  return milliseconds(draw(name, least, most));
}

sim::LinkDelay draw_delay(bool one_delay, int law) {
  if (one_delay || law == 0) return {milliseconds(10), milliseconds(10), {}};
  const int most = law == 1 ? 50 : 400;
  return {draw_ms("delay there", 0, most), draw_ms("delay back", 0, most),
          milliseconds(law == 3 ? draw("jitter", 0, 100) : 0)};
}

std::vector<Friends> draw_links(std::uint32_t peers, bool one_delay) {
  const int law = draw("delay law", 0, 3);
  std::vector<Friends> links;
  std::set<std::pair<std::uint32_t, std::uint32_t>> known;
  const auto add = [&](std::uint32_t one, std::uint32_t other) {
    if (one == other || !known.insert(std::minmax(one, other)).second) return;
    links.push_back(Friends{one, other, draw_delay(one_delay, law)});
  };
  for (std::uint32_t peer = 1; peer < peers; ++peer) {
    add(peer, draw<std::uint32_t>("friend", 0, peer - 1));
  }
  const auto more = draw<std::uint32_t>("further links", 0, peers * 3 / 2);
  for (std::uint32_t i = 0; i < more; ++i) {
    const auto one = draw<std::uint32_t>("one end", 0, peers - 1);
    add(one, draw<std::uint32_t>("other end", 0, peers - 1));
  }
  return links;
}

Fault draw_fault(const Scenario& scenario, Fault::Kind kind) {
  Fault fault;
  fault.kind = kind;
  const bool stall = kind == Fault::Kind::kStall;
  fault.at = draw_ms("fault at", 0, stall ? 20 : 300);
  const auto victims = kind == Fault::Kind::kCrash
                           ? scenario.peers
                           : static_cast<std::uint32_t>(scenario.links.size());
  fault.victim = draw<std::uint32_t>("victim", 0, victims - 1);
  fault.learned = draw_ms("learned after", 0, 20) * (stall || draw("slow", 0, 3) == 0 ? 1000 : 1);
  return fault;
}

std::vector<Fault> draw_faults(const Scenario& scenario) {
  std::vector<Fault> faults(draw<std::size_t>("faults", 0, 3));
  for (Fault& fault : faults) {
    fault = draw_fault(scenario, static_cast<Fault::Kind>(draw("fault", 0, 2)));
  }
  return faults;
}

Asked draw_search(const Scenario& scenario, const Wanted& wanted) {
  Asked asked;
  asked.origin = draw<std::uint32_t>("origin", 0, scenario.peers - 1);
  asked.at = draw_ms("asked at", 0, 50);
  asked.ttl = draw<std::uint8_t>("ttl", 1, wanted.ttl_max);
  if (wanted.any_rule && draw("classic", 0, 2) == 0) asked.rule = DuplicateRule::kClassic;
  return asked;
}

sim::OpenMembership draw_membership(std::uint32_t peers) {
  sim::OpenMembership open;
  open.active = draw<std::uint32_t>("active", 1, 5);
  open.passive = draw<std::uint32_t>("passive", 0, 8);
  open.renewal = draw<std::uint32_t>("renewal", 0, 2) == 0 ? 2 : 0;
  open.cycle = draw_ms("cycle", 3'000, 30'000);
  for (std::uint32_t peer = 0; peer < peers; ++peer) {
    open.contacts.push_back(peer == 0 ? 0 : draw<std::uint32_t>("contact", 0, peer - 1));
  }
  return open;
}

}  // namespace

Scenario draw_scenario(const Wanted& wanted) {
  Scenario scenario;
  scenario.seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  scenario.peers = draw<std::uint32_t>("peers", 2, 16);
  scenario.links = draw_links(scenario.peers, wanted.one_delay);
  for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
    scenario.shares.push_back(draw("shares", 0, 2) == 0);
  }
  if (!wanted.one_delay) {
    scenario.lookup = draw_ms("lookup", 0, 100);
    scenario.lookup_jitter = draw_ms("lookup jitter", 0, 50);
  }
  for (std::size_t i = 0; i < wanted.searches; ++i) {
    scenario.searches.push_back(draw_search(scenario, wanted));
  }
  if (wanted.faults) {
    scenario.faults = draw_faults(scenario);
    if (draw("tight queues", 0, 1) == 0) {
      scenario.queue_messages = draw<std::size_t>("queue", 0, 1);
      // Queues fill only where something stalls.
      for (int i = 0; i < 2; ++i) {
        scenario.faults.push_back(draw_fault(scenario, Fault::Kind::kStall));
      }
    }
  }
  if (wanted.open && draw("open", 0, 4) == 0) scenario.open = draw_membership(scenario.peers);
  return scenario;
}

bool Scenario::delays_differ() const {
  return std::ranges::any_of(links, [&](const Friends& link) {
    return link.delay.there != links[0].delay.there || link.delay.back != links[0].delay.there;
  });
}

bool Scenario::has(Fault::Kind kind) const {
  return std::ranges::find(faults, kind, &Fault::kind) != faults.end();
}

std::vector<unsigned> distances(const Scenario& scenario, std::uint32_t from,
                                const std::vector<bool>& link_usable) {
  std::vector<unsigned> far(scenario.peers, kFar);
  std::deque<std::uint32_t> wave{from};
  far[from] = 0;
  while (!wave.empty()) {
    const std::uint32_t here = wave.front();
    wave.pop_front();
    for (std::size_t i = 0; i < scenario.links.size(); ++i) {
      const Friends& link = scenario.links[i];
      if (!link_usable[i] || (link.first != here && link.second != here)) continue;
      const std::uint32_t there = link.first == here ? link.second : link.first;
      if (far[there] != kFar) continue;
      far[there] = far[here] + 1;
      wave.push_back(there);
    }
  }
  return far;
}

std::ostream& operator<<(std::ostream& out, const Scenario& scenario) {
  out << "seed " << scenario.seed << ", " << scenario.peers << " peers\n";
  for (const Friends& link : scenario.links) {
    out << "  link " << link.first << '-' << link.second << ' ' << link.delay.there.count() << '/'
        << link.delay.back.count() << " us, jitter " << link.delay.jitter.count() << '\n';
  }
  if (scenario.open) {
    const sim::OpenMembership& open = *scenario.open;
    out << "  open: active " << open.active << ", passive " << open.passive << ", renewal "
        << open.renewal << ", cycle " << open.cycle.count() << " us, joined by";
    for (const std::uint32_t contact : open.contacts) out << ' ' << contact;
    out << '\n';
  }
  for (const Fault& fault : scenario.faults) {
    out << "  fault " << static_cast<int>(fault.kind) << " at " << fault.at.count() << " us on "
        << fault.victim << ", learned " << fault.learned.count() << '\n';
  }
  for (const Asked& asked : scenario.searches) {
    out << "  search from " << asked.origin << " at " << asked.at.count() << " us, ttl "
        << int{asked.ttl} << (asked.rule == DuplicateRule::kClassic ? ", classic" : ", deepest")
        << (asked.echo ? "" : ", no echo") << ", enough " << asked.enough << '\n';
  }
  return out;
}

}  // namespace shoal::tests
