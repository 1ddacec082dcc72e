// SPDX-License-Identifier: Apache-2.0
#include "sim/check/draw.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "proto/types/assert.h"
#include "proto/types/rng.h"
#include "sim/contract/promises.h"
#include "sim/experiment/scene.h"
#include "sim/network/incidents.h"

namespace shoal::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// After each calm search the next one finds an idle network.
constexpr Duration kApart = std::chrono::seconds(70);
/// All jumps of one clock together: peers remember a query for twice its longest life, so one may
/// forget it by its own clock only when it jumps farther than a life.
constexpr std::int64_t kJumpMost = 8'000'000;
constexpr std::uint64_t kSkewMost = 500;  // ppm

std::uint64_t between(Rng& rng, std::uint64_t least, std::uint64_t most) {
  return least + rng.below(most - least + 1);
}
bool chance(Rng& rng, unsigned percent) { return rng.below(100) < percent; }
Duration time_between(Rng& rng, Duration least, Duration most) {
  const auto range = static_cast<std::uint64_t>((most - least).count());
  return least + Duration(static_cast<std::int64_t>(rng.below(range + 1)));
}

// ---- the network -------------------------------------------------------------------------------

void draw_topology(TopologyPlan& plan, Rng rng) {
  constexpr std::array kFamilies{
      "random-regular", "erdos-renyi", "watts-strogatz", "barabasi-albert", "ring", "star",
      "tree",           "grid",        "complete",       "k-out",           "path", "hypercube"};
  plan.family = kFamilies[rng.below(kFamilies.size())];
  TopologyParameters& p = plan.parameters;
  const std::uint64_t size = rng.below(20);
  p.peers = static_cast<std::uint32_t>(between(rng, 2, size < 10 ? 8 : size < 17 ? 20 : 40));
  if (plan.family == "complete") p.peers = std::min(p.peers, 10U);
  p.degree = static_cast<std::uint32_t>(between(rng, 2, 5));
  p.links = static_cast<std::uint32_t>(between(rng, 1, 3));
  p.branching = static_cast<std::uint32_t>(between(rng, 1, 3));
  p.rewire = 0.3;
}

void draw_network(NetworkPlan& plan, Rng rng) {
  constexpr std::array kLaws{"constant", "uniform", "log-normal", "exponential", "coordinates"};
  plan.delay = kLaws[rng.below(kLaws.size())];
  plan.parameters.min = milliseconds(between(rng, 1, 10));
  plan.parameters.mean = milliseconds(between(rng, 15, 80));
  plan.parameters.max = milliseconds(between(rng, 20, 300));
  plan.parameters.floor = milliseconds(1);
  plan.parameters.ceiling = milliseconds(400);
  if (chance(rng, 30)) plan.jitter = milliseconds(between(rng, 1, 50));
  plan.symmetric = chance(rng, 50);
  if (chance(rng, 20)) plan.slow = 0.3;
  plan.slow_extra = milliseconds(100);
}

/// Graph, delays and content by the same drafts as an experiment's.
Experiment draw_experiment(const overlay::OverlayEntry& overlay, Rng rng) {
  Experiment experiment;
  experiment.overlay.via = overlay.name;
  draw_topology(experiment.topology, rng.fork(1));
  draw_network(experiment.network, rng.fork(2));
  ContentPlan& content = experiment.content;
  Rng draws = rng.fork(3);
  content.files = static_cast<std::uint32_t>(between(draws, 1, 3));
  content.replicas = 1 + static_cast<double>(draws.below(3));
  content.free_riders = chance(draws, 30) ? 0.3 : 0;
  ChurnPlan& churn = experiment.churn;
  if (chance(draws, 25)) {
    constexpr std::array kKinds{ChurnKind::kExponential, ChurnKind::kWeibull, ChurnKind::kPareto};
    churn.kind = kKinds[draws.below(kKinds.size())];
    churn.shape = churn.kind == ChurnKind::kPareto ? 1.5 : 0.6;
    churn.scale = seconds(between(draws, 5, 60));
    churn.down = seconds(between(draws, 1, 10));
  }
  return experiment;
}

/// The first of some draws that is possible.
std::pair<Experiment, Draft> possible(const overlay::OverlayEntry& overlay, Rng rng) {
  for (std::uint64_t attempt = 0;; ++attempt) {
    const Experiment experiment = draw_experiment(overlay, rng.fork(attempt));
    auto draft = draft_of(experiment, rng.fork(attempt).next());
    if (draft && draft->graph().edges() > 0 && draft->graph().size() <= kScenarioPeersMax) {
      return {experiment, std::move(*draft)};
    }
    SHOAL_ASSERT(attempt < 100);
  }
}

void lay_out(Scenario& out, const Experiment& experiment, const Draft& draft, Rng rng) {
  const Graph& graph = draft.graph();
  out.peers = graph.size();
  out.jitter = experiment.network.jitter;
  const std::uint64_t seed = rng.next();
  for (std::uint32_t peer = 0; peer < graph.size(); ++peer) {
    for (const std::uint32_t other : graph.neighbours(peer)) {
      if (other < peer) continue;
      const LinkTimes times = draft.law.link(seed, PeerRef{peer}, PeerRef{other});
      out.links.push_back({peer, other, times.there, times.back});
    }
  }
  for (std::uint32_t file = 0; file < draft.catalogue.files(); ++file) {
    for (const std::uint32_t holder : draft.catalogue.holders(file)) {
      out.holdings.push_back({holder, file});
    }
  }
  if (chance(rng, 50)) out.lookup = milliseconds(between(rng, 1, 100));
  if (chance(rng, 30)) out.lookup_jitter = milliseconds(between(rng, 1, 50));
  if (chance(rng, 50)) out.notice = milliseconds(between(rng, 1, 3000));
  if (chance(rng, 40)) out.queue = static_cast<std::uint32_t>(rng.below(4));
  if (chance(rng, 30)) {
    out.link_queries = limits::kLinkQueriesPerSecond;
    out.link_burst = limits::kLinkQueriesBurst;
  }
}

/// One network in four is open, where overlays ask over links: there peers find neighbours.
void draw_membership(Scenario& out, const overlay::OverlayEntry& overlay, Rng rng) {
  if (overlay.asks_directly || !chance(rng, 25)) return;
  OpenMembership open;
  open.active = static_cast<std::uint32_t>(between(rng, 1, 6));
  open.passive = static_cast<std::uint32_t>(between(rng, 0, 12));
  open.renewal = chance(rng, 70) ? 0 : static_cast<std::uint32_t>(between(rng, 1, 6));
  open.cycle = seconds(between(rng, 2, 20));
  for (std::uint32_t peer = 0; peer < out.peers; ++peer) {
    open.contacts.push_back(peer == 0 ? 0 : static_cast<std::uint32_t>(rng.below(peer)));
  }
  // Some of the friends are strangers there.
  if (chance(rng, 60)) {
    const CheckedLink first = out.links.front();
    std::erase_if(out.links,
                  [&](const CheckedLink& link) { return link != first && chance(rng, 60); });
  }
  out.open = std::move(open);
}

// ---- searches ----------------------------------------------------------------------------------

void draw_parameters(Ask& ask, const overlay::OverlayEntry& overlay, Rng& rng) {
  if (!overlay.parameters.empty() && chance(rng, 50)) {
    overlay::Parameters& values = ask.parameters.emplace(overlay::fallbacks(overlay.parameters));
    for (std::size_t i = 0; i < overlay.parameters.size(); ++i) {
      const overlay::Parameter& parameter = overlay.parameters[i];
      if (chance(rng, 50)) continue;
      const std::uint32_t most = parameter.words.empty()
                                     ? std::min(parameter.most, parameter.least + 8)
                                     : static_cast<std::uint32_t>(parameter.words.size() - 1);
      const std::uint32_t least = parameter.words.empty() ? parameter.least : 0;
      values[i] = static_cast<std::uint32_t>(between(rng, least, most));
    }
  }
  const auto manners = promises_of(overlay.id)->manners;
  if (!manners.empty()) manners[rng.below(manners.size())].adapt(ask);
}

Ask draw_search(const Scenario& scenario, const overlay::OverlayEntry& overlay, Rng& rng) {
  Ask ask;
  ask.origin = static_cast<std::uint32_t>(rng.below(scenario.peers));
  const Holding& some = scenario.holdings[rng.below(scenario.holdings.size())];
  ask.file = some.file;
  ask.ttl = static_cast<std::uint8_t>(between(rng, 1, 6));
  if (chance(rng, 30)) ask.rule = DuplicateRule::kClassic;
  draw_parameters(ask, overlay, rng);
  return ask;
}

void draw_searches(Scenario& out, const overlay::OverlayEntry& overlay, Rng rng) {
  const bool crowd = chance(rng, 20);  // small tables have ways of their own
  const std::uint64_t early = crowd ? between(rng, 10, 30) : between(rng, 1, 8);
  const unsigned silent = crowd && chance(rng, 50) ? 70 : 15;
  for (std::uint64_t i = 0; i < early; ++i) {
    Ask ask = draw_search(out, overlay, rng);
    ask.at = time_between(rng, milliseconds(100), out.heal * 3 / 4);
    ask.echo = !chance(rng, silent);
    if (chance(rng, 25)) ask.enough = static_cast<std::uint32_t>(between(rng, 1, 3));
    if (chance(rng, 20)) ask.budget = milliseconds(between(rng, 1, 2000));
    if (chance(rng, 25)) ask.cancelled = milliseconds(rng.below(500));
    out.searches.push_back(std::move(ask));
  }
  const std::uint64_t calm = between(rng, 1, 4);
  for (std::uint64_t i = 0; i < calm; ++i) {
    Ask ask = draw_search(out, overlay, rng);
    ask.at = out.heal + kSettle + static_cast<std::int64_t>(i) * kApart;
    ask.echo = !chance(rng, 10);
    if (chance(rng, 10)) ask.cancelled = milliseconds(rng.below(500));
    out.searches.push_back(std::move(ask));
  }
}

// ---- trouble -----------------------------------------------------------------------------------

class Troublemaker {
 public:
  Troublemaker(Scenario& out, Rng rng) : out_(out), rng_(rng) {}

  void draw() {
    if (chance(rng_, 60)) some(Trouble::Kind::kCrash, 4);
    if (chance(rng_, 60)) some(Trouble::Kind::kDown, 5);
    if (chance(rng_, 60)) some(Trouble::Kind::kStall, 6);
    if (chance(rng_, 30)) jumps();
    if (chance(rng_, 30)) drifts();
    if (chance(rng_, 25)) partition();
  }

  /// Peers that come and go, each by itself, until the heal.
  void churn(const LifeLaw& stays, const LifeLaw& absences) {
    for (std::uint32_t peer = 0; peer < out_.peers; ++peer) {
      Duration at = stays.residual(rng_);
      while (at < out_.heal) {
        const Duration away = absences.draw(rng_);
        out_.troubles.push_back({Trouble::Kind::kCrash, peer, 0, at, at + away, 0});
        at += away + stays.draw(rng_);
      }
    }
  }

 private:
  /// Often while a search is under way.
  Duration moment() {
    if (chance(rng_, 50)) return time_between(rng_, Duration{}, out_.heal);
    const Ask& ask = out_.searches[rng_.below(out_.searches.size())];
    const Duration at = ask.at + milliseconds(rng_.below(400));
    return at < out_.heal ? at : time_between(rng_, Duration{}, out_.heal);
  }

  void some(Trouble::Kind kind, std::uint64_t most) {
    const std::uint64_t count = between(rng_, 1, most);
    for (std::uint64_t i = 0; i < count; ++i) {
      Trouble trouble;
      trouble.kind = kind;
      const CheckedLink& link = out_.links[rng_.below(out_.links.size())];
      const bool turned = chance(rng_, 50);
      trouble.first = turned ? link.second : link.first;
      trouble.second = kind == Trouble::Kind::kCrash ? 0 : turned ? link.first : link.second;
      trouble.from = moment();
      trouble.to = trouble.from + (chance(rng_, 50) ? milliseconds(between(rng_, 1, 500))
                                                    : milliseconds(between(rng_, 500, 30'000)));
      out_.troubles.push_back(trouble);
    }
  }

  void jumps() {
    const std::uint64_t count = between(rng_, 1, 2);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto peer = static_cast<std::uint32_t>(rng_.below(out_.peers));
      const auto by = static_cast<std::int64_t>(rng_.below(kJumpMost) + 1);
      const Duration at = moment();
      out_.troubles.push_back({Trouble::Kind::kJump, peer, 0, at, at, by});
    }
  }

  void drifts() {
    for (std::uint32_t peer = 0; peer < out_.peers; ++peer) {
      if (chance(rng_, 50)) continue;
      const auto ppm = static_cast<std::int64_t>(rng_.below(2 * kSkewMost + 1)) -
                       static_cast<std::int64_t>(kSkewMost);
      out_.troubles.push_back({Trouble::Kind::kDrift, peer, 0, {}, {}, ppm});
    }
  }

  void partition() {
    const Graph graph = out_.graph();
    IncidentPlan plan(graph);
    std::vector<bool> side(out_.peers);
    for (std::uint32_t peer = 0; peer < out_.peers; ++peer) side[peer] = chance(rng_, 40);
    const Instant from(moment());
    const bool both = chance(rng_, 50);
    const Instant to = from + seconds(between(rng_, 1, 20));
    const Duration notice = milliseconds(between(rng_, 100, 5000));
    plan.partition(side, both ? PartitionKind::kSymmetric : PartitionKind::kAsymmetric, {from, to},
                   notice);
    std::map<std::tuple<IncidentKind, PeerRef, PeerRef>, Duration> begun;
    for (const Incident& x : plan.incidents()) {
      const Duration at = x.at.time_since_epoch();
      const bool begins = x.kind == IncidentKind::kStall || x.kind == IncidentKind::kLinkDown;
      const IncidentKind kind = x.kind == IncidentKind::kFlow     ? IncidentKind::kStall
                                : x.kind == IncidentKind::kLinkUp ? IncidentKind::kLinkDown
                                                                  : x.kind;
      Duration& since = begun[{kind, x.first, x.second}];
      if (begins) {
        since = at;
        continue;
      }
      out_.troubles.push_back(
          {kind == IncidentKind::kStall ? Trouble::Kind::kStall : Trouble::Kind::kDown,
           x.first.value, x.second.value, since, at, 0});
    }
  }

  Scenario& out_;
  Rng rng_;
};

void draw_changes(Scenario& out, Rng rng) {
  if (!chance(rng, 30)) return;
  const std::uint64_t count = between(rng, 1, 4);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Holding& some = out.holdings[rng.below(out.holdings.size())];
    const auto peer = static_cast<std::uint32_t>(rng.below(out.peers));
    const Duration at = time_between(rng, Duration{}, out.heal);
    const bool shares = chance(rng, 50);
    out.changes.push_back({at, shares ? peer : some.peer, some.file, shares});
  }
}

void draw_strangers(Scenario& out, Rng rng) {
  if (!chance(rng, 40)) return;
  Duration over = out.heal;
  for (const Ask& ask : out.searches) over = std::max(over, ask.at + ask.lasts());
  const std::uint64_t count = between(rng, 1, 4);
  for (std::uint64_t i = 0; i < count; ++i) {
    Stranger stranger;
    stranger.kind = static_cast<Stranger::Kind>(rng.below(4));
    const CheckedLink& link = out.links[rng.below(out.links.size())];
    const bool turned = chance(rng, 50);
    stranger.from = turned ? link.second : link.first;
    stranger.to = turned ? link.first : link.second;
    stranger.which = static_cast<std::uint32_t>(rng.below(1'000'000));
    const Ask& near = out.searches[rng.below(out.searches.size())];
    stranger.at = near.at + milliseconds(rng.below(400));
    if (stranger.kind == Stranger::Kind::kStale) {
      stranger.at = over + milliseconds(between(rng, 1000, 120'000));
    }
    out.strangers.push_back(stranger);
  }
}

}  // namespace

Scenario draw_scenario(const overlay::OverlayEntry& overlay, std::uint64_t seed) {
  const Rng rng = Rng(seed).fork(overlay.id.value);
  Scenario out;
  out.overlay = overlay.name;
  out.seed = seed;
  const auto [experiment, draft] = possible(overlay, rng.fork(1));
  lay_out(out, experiment, draft, rng.fork(2));
  draw_membership(out, overlay, rng.fork(8));
  Rng draws = rng.fork(3);
  out.heal = seconds(between(draws, 2, 40));
  draw_searches(out, overlay, rng.fork(4));
  Troublemaker trouble(out, rng.fork(5));
  trouble.draw();
  if (draft.stays) {
    trouble.churn(*draft.stays, LifeLaw(ExponentialLife{experiment.churn.down}));
  }
  std::erase_if(out.troubles, [&out](const Trouble& x) { return x.from >= out.heal; });
  draw_changes(out, rng.fork(6));
  draw_strangers(out, rng.fork(7));
  return out;
}

}  // namespace shoal::sim
