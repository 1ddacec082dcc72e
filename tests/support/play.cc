// SPDX-License-Identifier: Apache-2.0
#include "tests/support/play.h"

#include <algorithm>
#include <utility>

#include "overlay/core/registry.h"
#include "sim/contract/calm.h"
#include "sim/contract/promises.h"

namespace shoal::tests {
namespace {

constexpr Duration kLongEnough = std::chrono::minutes(10);
constexpr Duration kForgotten = std::chrono::minutes(3);

/// What lies between peers without a link, where they may talk to whom they like.
const sim::LinkLaw kOpenLaw{.delay =
                                sim::DelayLaw(sim::ConstantDelay{std::chrono::milliseconds(1)})};

/// And the same for links that peers make themselves.
constexpr Duration kFoundLinkMost = milliseconds(60);
const sim::LinkLaw kFoundLaw{.delay =
                                 sim::DelayLaw(sim::UniformDelay{milliseconds(1), kFoundLinkMost})};

bool asks_directly(const Scenario& scenario) {
  return overlay::find_in(overlay::registry(), scenario.via)->asks_directly;
}
const sim::LinkLaw& open_law(const Scenario& scenario) {
  return scenario.open ? kFoundLaw : kOpenLaw;
}

/// When everything is over, and what is still open soon ends.
Instant end_of(const Scenario& scenario) {
  const sim::Promises* const promises = sim::promises_of(scenario.via);
  if (promises == nullptr || (promises->rests && !scenario.open)) return Instant(kLongEnough);
  Duration last = std::max(scenario.starts, scenario.ends);
  for (const Asked& asked : scenario.searches) last = std::max(last, asked.at + asked.lasts());
  // A network of links has to forget what was asked.
  return Instant(last + (scenario.open ? kForgotten : Duration(std::chrono::seconds(2))));
}

template <class Net>
void befall(Net& world, const Scenario& scenario, const Fault& fault) {
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

template <class Net>
std::optional<sim::Calm> calm_of(const Net& world, const Scenario& scenario, const Asked& asked) {
  if (!scenario.faults.empty()) return std::nullopt;
  sim::Calm calm;
  calm.lookup = scenario.lookup + scenario.lookup_jitter;
  if (scenario.open) {
    calm.far = sim::hops_over_links(world, scenario.peers, asked.origin);
    calm.bound = kFoundLinkMost;
  } else {
    calm.far = distances(scenario, asked.origin, std::vector<bool>(scenario.links.size(), true));
  }
  for (const Friends& link : scenario.links) calm.bound = std::max(calm.bound, link.delay.bound());
  return calm;
}

template <class Net>
void ask(Net& world, Played& played, const Scenario& scenario, std::size_t index) {
  const Asked& asked = scenario.searches[index];
  const PeerRef origin{asked.origin};
  if (!world.alive(origin)) {
    played.refused[index] = true;
    return;
  }
  overlay::SearchRequest request;
  request.via = scenario.via;
  request.body = body_of(asked, index);
  request.ttl = asked.ttl;
  request.budget = asked.budget;
  request.enough = asked.enough;
  request.parameters = asked.parameters ? asked.parameters : scenario.parameters;
  played.judge->begin(index, calm_of(world, scenario, asked));
  const Result<QueryId> query = world.search(origin, request);
  played.judge->began(query);
  played.refused[index] = !query;
  if (!query || !asked.cancelled) return;
  world.at(world.now() + *asked.cancelled, [&world, &played, origin, query, index] {
    if (!world.alive(origin)) return;
    played.judge->take_back(index, world.now());
    world.cancel(origin, *query);
  });
}

template <class Net>
std::unique_ptr<sim::Judge> judge_of(const Scenario& scenario, const Net& world) {
  sim::Judge::Facts facts;
  facts.via = scenario.via;
  facts.open = scenario.open.has_value();
  facts.degrees.resize(scenario.peers);
  for (const Friends& link : scenario.links) {
    ++facts.degrees[link.first];
    ++facts.degrees[link.second];
  }
  facts.asks = scenario.searches;
  for (Asked& asked : facts.asks) {
    if (!asked.parameters) asked.parameters = scenario.parameters;
  }
  facts.node = [&world](PeerRef peer) { return world.alive(peer) ? &world.node(peer) : nullptr; };
  facts.shares = [&scenario](std::size_t, std::uint32_t peer) { return scenario.shares[peer]; };
  facts.holds = [&scenario](std::size_t, std::uint32_t peer, const HitFile& file) {
    return scenario.shares[peer] && file == wanted_file();
  };
  return std::make_unique<sim::Judge>(std::move(facts));
}

/// The network's actions refer to `played`, which is moved only after the last of them.
template <class Net>
void play_out(Net& world, Played& played, const Scenario& scenario) {
  played.truth = &played.judge->truth();
  played.refused.resize(scenario.searches.size());
  for (const Friends& link : scenario.links) {
    world.connect(PeerRef{link.first}, PeerRef{link.second}, link.delay);
  }
  for (std::uint32_t peer = 0; scenario.open && peer < scenario.peers; ++peer) {
    const std::uint32_t contact = scenario.open->contacts[peer];
    if (contact != peer) world.introduce(PeerRef{peer}, PeerRef{contact});
  }
  for (const Fault& fault : scenario.faults) befall(world, scenario, fault);
  for (std::size_t i = 0; i < scenario.searches.size(); ++i) {
    world.at(Instant(scenario.searches[i].at),
             [&world, &played, &scenario, i] { ask(world, played, scenario, i); });
  }
}

template <class Net>
void end(Net& world, Played& played, const Scenario& scenario) {
  played.quiet = world.run(end_of(scenario));
  for (const sim::SearchTruth& search : played.truth->searches()) {
    played.given_back += search.given_back;
  }
  played.judge->close(world.now(), played.quiet);
}

overlay::NodeConfig node_of(const Scenario& scenario) {
  overlay::NodeConfig config;
  config.link_queries_per_second = 0;
  config.open = asks_directly(scenario) || scenario.open;
  if (asks_directly(scenario)) config.always = {scenario.via};
  if (scenario.open) {
    config.membership = overlay::MembershipKind::kHyParView;
    config.hyparview.active = scenario.open->active;
    config.hyparview.passive = scenario.open->passive;
    config.hyparview.renewal = scenario.open->renewal;
    config.hyparview.cycle = scenario.open->cycle;
  }
  return config;
}

}  // namespace

std::size_t SharedFiles::find(PeerRef peer, const QueryBody&, std::uint32_t limit,
                              std::vector<PayloadRef>& hits) const {
  if (!shares_[peer.value] || limit == 0) return 0;
  hits.push_back(make_payload<HitBody>([&](HitBody& hit) {
    hit.holder = sim::simulated_id(peer);
    hit.files.push_back(wanted_file());
  }));
  return 0;
}

bool SharedFiles::list(PeerRef peer, const ContentId& after, std::uint32_t limit,
                       std::vector<SharedFile>& files) const {
  const HitFile file = wanted_file();
  if (!shares_[peer.value] || file.content <= after) return false;
  if (limit == 0) return true;
  files.push_back({file.content, file.name});
  return false;
}

HitFile wanted_file() {
  HitFile file;
  file.content.root.bytes[0] = 7;
  file.content.length = 1000;
  file.name = "the wanted file";
  return file;
}

PayloadRef body_of(const Asked& asked, std::size_t index) {
  return make_payload<QueryBody>([&](QueryBody& query) {
    query.terms = "wanted";
    query.rule = asked.rule;
    query.echo = asked.echo;
    query.key = sim::mark_of(index);
  });
}

Played play(const Scenario& scenario, sim::Observer* also,
            const std::function<void(sim::World&)>& prepare) {
  Played played;
  sim::WorldOptions options;
  options.seed = scenario.seed;
  options.node = node_of(scenario);
  options.open.law = open_law(scenario);
  options.queue_messages = scenario.queue_messages;
  options.lookup = scenario.lookup;
  options.lookup_jitter = scenario.lookup_jitter;
  options.record = scenario.record;
  played.world = std::make_unique<sim::World>(options, overlay::registry());
  sim::World& world = *played.world;
  played.judge = judge_of(scenario, world);
  world.watch(*played.judge);
  if (also != nullptr) world.watch(*also);
  for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
    const PeerRef ref = world.add_peer();
    if (scenario.shares[peer]) world.share(ref, wanted_file());
  }
  play_out(world, played, scenario);
  if (prepare) prepare(world);
  end(world, played, scenario);
  return played;
}

Played play_on_engine(const Scenario& scenario) {
  Played played;
  played.files = std::make_unique<SharedFiles>(scenario);
  sim::EngineOptions options;
  options.seed = scenario.seed;
  options.node = node_of(scenario);
  options.open.law = open_law(scenario);
  options.queue_messages = scenario.queue_messages;
  options.lookup = scenario.lookup;
  options.lookup_jitter = scenario.lookup_jitter;
  options.floor = Duration(1);
  options.order = sim::Order::kTotal;
  options.content = played.files.get();
  played.engine = sim::Engine::make(options, overlay::registry()).value();
  sim::Engine& engine = *played.engine;
  played.judge = judge_of(scenario, engine);
  engine.watch(*played.judge);
  engine.add_peers(scenario.peers);
  play_out(engine, played, scenario);
  end(engine, played, scenario);
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
