// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/scene.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>

#include "overlay/core/registry.h"
#include "sim/engine/clock.h"
#include "sim/experiment/membership.h"
#include "sim/workload/joining.h"

namespace shoal::sim {
namespace {

constexpr std::size_t kScriptBytes = std::size_t{1} << 30;

tl::unexpected<Error> bad(std::string what, std::string why, std::string next = {}) {
  return fail(Errc::kInvalidArgument, std::move(what), std::move(why), std::move(next));
}

Result<std::string> read_text(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  const auto size = in ? static_cast<std::streamoff>(in.tellg()) : std::streamoff{-1};
  if (size < 0) {
    return fail(Errc::kNotFound, "the script cannot be read",
                path + ": " + std::generic_category().message(errno == 0 ? EIO : errno));
  }
  if (static_cast<std::uint64_t>(size) > kScriptBytes) {
    return fail(Errc::kTooLarge, "the script cannot be read", path + ": it is larger than 1 GiB");
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  in.seekg(0);
  in.read(text.data(), size);
  if (!in) return fail(Errc::kIo, "the script cannot be read", path);
  return text;
}

Result<std::optional<LifeLaw>> stays_of(const ChurnPlan& plan) {
  const Fixed shape = Fixed::from(plan.shape);
  switch (plan.kind) {
    case ChurnKind::kNone:
      return std::optional<LifeLaw>();
    case ChurnKind::kExponential:
      return LifeLaw(ExponentialLife{plan.scale});
    case ChurnKind::kWeibull:
      return LifeLaw(WeibullLife{shape, plan.scale});
    case ChurnKind::kPareto:
      if (plan.shape <= 1.01) {
        return bad("there is no such churn", "sessions by a Pareto law of shape 1 have no mean",
                   "raise churn.shape above 1.01");
      }
      return LifeLaw(ParetoLife{shape, plan.scale});
  }
  return std::optional<LifeLaw>();
}

Result<std::optional<std::uint32_t>> source_of(const std::string& text, const EdgeList& topology) {
  std::uint32_t name = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), name);
  if (error != std::errc{}) return std::optional<std::uint32_t>();  // "random"
  if (const auto peer = topology.peer_named(name)) return peer;
  std::string peers = "the network has " + std::to_string(topology.graph.size()) + " peers";
  if (topology.names.empty()) peers += ", numbered from 0";
  return bad("there is no peer " + text, std::move(peers),
             "choose another workload.source, or random");
}

// The one file that all searches want, where a rule says who holds it.
Result<Catalogue> catalogue_by_rule(const ContentPlan& plan, const EdgeList& topology) {
  const std::string rule = "content.holders_mod " + std::to_string(plan.holders_mod);
  if (plan.holders_residue >= plan.holders_mod) {
    return bad(rule + " is not possible",
               "no number leaves content.holders_residue " + std::to_string(plan.holders_residue),
               "choose a residue below it");
  }
  if (plan.files > 1 || plan.free_riders > 0 || plan.changes > 0) {
    return bad(rule + " is not possible here",
               std::string(plan.files > 1         ? "content.files"
                           : plan.free_riders > 0 ? "content.free_riders"
                                                  : "content.changes") +
                   " would have others hold files, or other files",
               "with it there is one file, whose holders the rule alone decides");
  }
  std::vector<std::uint32_t> holders;
  for (std::uint32_t peer = 0; peer < topology.graph.size(); ++peer) {
    if (topology.name_of(peer) % plan.holders_mod == plan.holders_residue) holders.push_back(peer);
  }
  if (holders.empty()) {
    return bad(rule + " is not possible here",
               "no peer of this network has such a number, so nobody would hold the file",
               "choose another content.holders_residue");
  }
  return Catalogue::held_by(std::move(holders));
}

Result<Catalogue> catalogue_of(const ContentPlan& plan, const EdgeList& topology,
                               std::uint64_t seed) {
  if (plan.holders_mod > 0) return catalogue_by_rule(plan, topology);
  if (plan.holders_residue > 0) {
    return bad("content.holders_residue is not possible here", "content.holders_mod is 0",
               "set both");
  }
  return Catalogue::make({plan.files, plan.placement, plan.replicas, plan.zipf, plan.free_riders},
                         topology.graph.size(), Rng(seed).fork(0xca7a));
}

Result<void> check_overlay(const OverlayPlan& plan, Draft& draft) {
  draft.overlay = overlay::find_in(overlay::registry(), plan.via);
  if (draft.overlay == nullptr) {
    std::string names;
    for (const auto& entry : overlay::registry()) {
      names += (names.empty() ? "" : ", ") + std::string(entry.name);
    }
    return bad("there is no overlay \"" + plan.via.substr(0, 40) + "\"", "there are: " + names);
  }
  auto parameters = parameters_of(plan, *draft.overlay);
  if (!parameters) return tl::unexpected(parameters.error());
  draft.parameters = *parameters;
  const std::uint32_t usual = std::max<std::uint32_t>(limits::kTtlLimit, plan.ttl);
  draft.ttl_limit = static_cast<std::uint8_t>(plan.ttl_limit == 0 ? usual : plan.ttl_limit);
  if (plan.ttl > draft.ttl_limit) {
    return bad("overlay.ttl " + std::to_string(plan.ttl) + " is not possible",
               "overlay.ttl_limit is " + std::to_string(plan.ttl_limit));
  }
  const Duration most = limits::budget_max(draft.ttl_limit);
  if (plan.budget > most) {
    return bad("overlay.budget is too long",
               "a network with that TTL limit lets a search live for " +
                   std::to_string(to_ms(most)) + " ms");
  }
  return {};
}

// A search that is open has a byte at every peer, and each has a record to the end. Who finds
// neighbours has tables for that, and links.
Demand demand_of(const Experiment& experiment) {
  const WorkloadPlan& plan = experiment.workload;
  const double life = std::chrono::duration<double>(budget_of(experiment.overlay)).count() + 1;
  const auto open = static_cast<std::uint64_t>(std::max(1.0, plan.rate * life));
  constexpr std::uint64_t kRecordBytes = sizeof(SearchRecord) + 300;
  const MembershipPlan& membership = experiment.membership;
  const std::uint64_t tables =
      membership.open() ? 1500 + 8 * membership.numbers.passive + 150 * membership.numbers.active
                        : 0;
  return {std::min<std::uint64_t>(open, plan.searches) + tables, plan.searches * kRecordBytes};
}

// In a small network threads wait for one another longer than they work.
unsigned threads_for(std::uint32_t peers) {
  constexpr std::uint32_t kPeersPerThread = 50'000;
  const unsigned cores = std::thread::hardware_concurrency();
  return std::clamp(peers / kPeersPerThread, 1U, std::clamp(cores, 1U, limits::kSimThreadsMax));
}

}  // namespace

Result<void> check_early(const Experiment& experiment) {
  Draft draft;
  if (const auto stays = stays_of(experiment.churn); !stays) return tl::unexpected(stays.error());
  return check_overlay(experiment.overlay, draft);
}

Result<Draft> draft_of(const Experiment& experiment, std::uint64_t seed) {
  Draft draft;
  auto law = law_of(experiment.network);
  if (!law) return tl::unexpected(law.error());
  draft.law = std::move(*law);
  if (auto done = check_overlay(experiment.overlay, draft); !done) {
    return tl::unexpected(done.error());
  }
  auto stays = stays_of(experiment.churn);
  if (!stays) return tl::unexpected(stays.error());
  draft.stays = *stays;
  auto topology = topology_of(experiment.topology, experiment.run, seed, demand_of(experiment));
  if (!topology) return tl::unexpected(topology.error());
  draft.topology = std::move(*topology);
  if (auto fine = check_membership(experiment, draft.graph().size()); !fine) {
    return tl::unexpected(fine.error());
  }
  const auto source = source_of(experiment.workload.source, draft.topology);
  if (!source) return tl::unexpected(source.error());
  draft.source = *source;
  auto catalogue = catalogue_of(experiment.content, draft.topology, seed);
  if (!catalogue) return tl::unexpected(catalogue.error());
  draft.catalogue = std::move(*catalogue);
  if (const std::string& path = experiment.workload.script; !path.empty()) {
    const auto text = read_text(path);
    if (!text) return tl::unexpected(text.error());
    auto script = parse_script(
        *text, path, [&](std::uint32_t name) { return draft.topology.peer_named(name); },
        experiment.content.files_there());
    if (!script) return tl::unexpected(script.error());
    draft.script = std::move(*script);
  }
  auto incidents = incidents_of(experiment, draft, seed);
  if (!incidents) return tl::unexpected(incidents.error());
  draft.incidents = std::move(*incidents);
  draft.threads =
      experiment.run.threads != 0 ? experiment.run.threads : threads_for(draft.graph().size());
  return draft;
}

Duration budget_of(const OverlayPlan& plan) {
  return plan.budget > Duration{} ? plan.budget : limits::default_budget(plan.ttl);
}

Duration life_of(const Experiment& experiment, const Draft& draft) {
  const std::int64_t skew = experiment.faults.clock_skew;
  const Duration budget = budget_of(experiment.overlay);
  const Duration slow(budget.count() / (Clock::kMillion - skew) * skew + skew);
  return budget + slow + draft.law.bound() + seconds(1);
}

std::unique_ptr<QueryBody> body_of(const OverlayPlan& plan, std::uint32_t file) {
  auto body = std::make_unique<QueryBody>();
  body->content = content_of(file);
  body->rule = plan.duplicates;
  body->echo = plan.echo;
  return body;
}

overlay::SearchRequest request_of(const OverlayPlan& plan, const Draft& draft,
                                  std::unique_ptr<QueryBody> body) {
  overlay::SearchRequest request;
  request.via = draft.overlay->id;
  request.body = PayloadRef(std::move(body));
  request.ttl = static_cast<std::uint8_t>(plan.ttl);
  request.budget = budget_of(plan);
  request.enough = plan.enough;
  request.parameters = draft.parameters;
  return request;
}

Result<std::unique_ptr<Scene>> Scene::make(const Experiment& experiment, std::uint64_t seed,
                                           const Draft& draft, Order order) {
  std::unique_ptr<Scene> scene(new Scene(draft));
  const NetworkPlan& network = experiment.network;
  EngineOptions options;
  options.seed = seed;
  options.node.ttl_limit = draft.ttl_limit;
  options.node.link_queries_per_second = experiment.overlay.link_queries;
  options.node.link_queries_burst = experiment.overlay.link_burst;
  if (draft.overlay->asks_directly) {
    // Such an overlay must be there before it is searched by.
    options.node.always = {draft.overlay->id};
  }
  scene->finds_neighbours = experiment.membership.open();
  options.node.open = draft.overlay->asks_directly || scene->finds_neighbours;
  options.node.membership = experiment.membership.kind;
  options.node.hyparview = experiment.membership.numbers;
  if (options.node.open) options.open.law = draft.law;
  options.queue_messages = network.queue;
  options.lookup = network.lookup;
  options.lookup_jitter = network.lookup_jitter;
  options.floor = draft.law.floor();
  options.order = order;
  options.threads = order == Order::kTotal ? 1 : draft.threads;
  options.content = &scene->library;
  auto engine = Engine::make(options, overlay::registry());
  if (!engine) return tl::unexpected(engine.error());
  scene->engine = std::move(*engine);
  scene->engine->build(draft.graph(), draft.law);
  if (const std::uint32_t most = experiment.faults.clock_skew; most > 0) {
    Rng draws = Rng(seed).fork(0xc10cu);
    for (std::uint32_t peer = 0; peer < draft.graph().size(); ++peer) {
      const auto ppm = static_cast<std::int64_t>(draws.below(2 * std::uint64_t{most} + 1)) - most;
      scene->engine->drift(PeerRef{peer}, static_cast<std::int32_t>(ppm));
    }
  }
  Presence::Manner manner{experiment.churn.keep_state ? Memory::kKept : Memory::kLost,
                          experiment.churn.notice};
  if (scene->finds_neighbours) {
    manner.on_return = [&scene = *scene, draws = Rng(seed).fork(0x9e7)](
                           std::uint32_t peer) mutable { scene.introduce(peer, draws); };
  }
  scene->presence.emplace(*scene->engine, draft.graph(), std::move(manner));
  if (scene->finds_neighbours) {
    join_one_by_one(*scene->engine, experiment.membership.join_pause, Rng(seed).fork(0x701));
  }
  return scene;
}

void Scene::introduce(std::uint32_t peer, Rng& draws) {
  constexpr unsigned kTries = 64;  // nearly all may be away
  for (unsigned i = 0; i < kTries; ++i) {
    const auto contact = static_cast<std::uint32_t>(draws.below(engine->size()));
    if (contact == peer || !presence->here(contact)) continue;
    return engine->introduce(PeerRef{peer}, PeerRef{contact});
  }
}

bool Scene::follow(const Deed& deed) {
  const bool was_here = presence->here(deed.peer);
  switch (deed.kind) {
    case Deed::Kind::kJoin:
      presence->join(deed.peer, Absence::kScript);
      return !was_here && presence->here(deed.peer);
    case Deed::Kind::kLeave:
      presence->leave(deed.peer, Absence::kScript);
      return was_here;
    case Deed::Kind::kShare:
      return catalogue.publish(deed.peer, deed.file);
    case Deed::Kind::kWithdraw:
      return catalogue.withdraw(deed.peer, deed.file);
    case Deed::Kind::kSearch:
      break;
  }
  return false;
}

void Scene::unsettle(const Experiment& experiment, std::uint64_t seed) {
  if (draft.stays) {
    churn.emplace(*presence, *draft.stays, LifeLaw(ExponentialLife{experiment.churn.down}),
                  Rng(seed).fork(0xc4u));
  }
  if (experiment.content.changes > 0 && catalogue.files() > 0) {
    turnover.emplace(*engine, catalogue, experiment.content.changes, Rng(seed).fork(0x707eu));
  }
  if (!draft.incidents.empty()) faults.emplace(*presence, draft.incidents);
}

}  // namespace shoal::sim
