// SPDX-License-Identifier: Apache-2.0
#include "tests/support/play.h"

#include <algorithm>
#include <string>

namespace shoal::tests {
namespace {

constexpr Duration kLongEnough = std::chrono::minutes(10);

void befall(sim::World& world, const Scenario& scenario, const Fault& fault) {
  if (fault.kind == Fault::Kind::kCrash) {
    world.at(Instant(fault.at),
             [&world, fault] { world.crash(PeerRef{fault.victim}, fault.learned); });
    return;
  }
  const PeerRef first{scenario.links[fault.victim].first};
  const PeerRef second{scenario.links[fault.victim].second};
  if (fault.kind == Fault::Kind::kLinkDown) {
    world.at(Instant(fault.at), [&world, fault, first, second] {
      world.take_down(first, second, fault.learned, fault.learned / 2);
    });
    return;
  }
  world.at(Instant(fault.at), [&world, first, second] { world.stall(first, second, true); });
  world.at(Instant(fault.at + fault.learned),
           [&world, first, second] { world.stall(first, second, false); });
}

void ask(Played& played, const Scenario& scenario, std::size_t index) {
  const Asked& asked = scenario.searches[index];
  const PeerRef origin{asked.origin};
  const PayloadRef body = body_of(asked);
  played.truth->expect(index, asked.origin, body);
  if (!played.world->alive(origin)) {
    played.refused[index] = true;
    return;
  }
  overlay::SearchRequest request;
  request.via = scenario.via;
  request.parameters = scenario.parameters;
  request.body = body;
  request.ttl = asked.ttl;
  request.budget = asked.budget;
  request.enough = asked.enough;
  const Result<QueryId> query = played.world->search(origin, request);
  played.refused[index] = !query;
  if (!query) return;
  played.truth->started(*query);
  if (!asked.cancelled) return;
  played.world->at(played.world->now() + *asked.cancelled, [&played, origin, query] {
    if (played.world->alive(origin)) played.world->cancel(origin, *query);
  });
}

}  // namespace

HitFile wanted_file() {
  HitFile file;
  file.content.root.bytes[0] = 7;
  file.content.length = 1000;
  file.name = "the wanted file";
  return file;
}

PayloadRef body_of(const Asked& asked) {
  return make_payload<QueryBody>([&](QueryBody& query) {
    query.terms = "wanted";
    query.rule = asked.rule;
    query.echo = asked.echo;
  });
}

Played play(const Scenario& scenario, sim::Observer* also,
            const std::function<void(sim::World&)>& prepare) {
  static const overlay::NodeConfig kNoQueryLimit = [] {
    overlay::NodeConfig config;
    config.link_queries_per_second = 0;
    return config;
  }();
  Played played;
  sim::WorldOptions options;
  options.seed = scenario.seed;
  options.node = kNoQueryLimit;
  options.queue_messages = scenario.queue_messages;
  options.lookup = scenario.lookup;
  options.lookup_jitter = scenario.lookup_jitter;
  options.record = scenario.record;
  played.world = std::make_unique<sim::World>(options, overlay::registry());
  played.truth = std::make_unique<Truth>(scenario.peers, scenario.searches.size());
  played.refused.resize(scenario.searches.size());
  sim::World& world = *played.world;
  world.watch(*played.truth);
  if (also != nullptr) world.watch(*also);
  for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
    const PeerRef ref = world.add_peer();
    if (scenario.shares[peer]) world.share(ref, wanted_file());
  }
  for (const Friends& link : scenario.links) {
    world.connect(PeerRef{link.first}, PeerRef{link.second}, link.delay);
  }
  for (const Fault& fault : scenario.faults) befall(world, scenario, fault);
  for (std::size_t i = 0; i < scenario.searches.size(); ++i) {
    world.at(Instant(scenario.searches[i].at),
             [&played, &scenario, i] { ask(played, scenario, i); });
  }
  if (prepare) prepare(world);
  // The world's actions refer to `played`, which is moved only after the last of them.
  played.quiet = world.run(Instant(kLongEnough));
  for (const SearchTruth& search : played.truth->searches()) played.given_back += search.given_back;
  return played;
}

std::vector<bool> untouched_links(const Scenario& scenario) {
  std::vector<bool> untouched(scenario.links.size(), true);
  for (const Fault& fault : scenario.faults) {
    if (fault.kind != Fault::Kind::kCrash) {
      untouched[fault.victim] = false;
      continue;
    }
    for (std::size_t i = 0; i < scenario.links.size(); ++i) {
      const Friends& link = scenario.links[i];
      if (link.first == fault.victim || link.second == fault.victim) untouched[i] = false;
    }
  }
  return untouched;
}

}  // namespace shoal::tests
