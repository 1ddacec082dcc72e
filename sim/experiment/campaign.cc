// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/campaign.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "sim/draw/draws.h"
#include "sim/experiment/membership.h"

namespace shoal::sim {
namespace {

constexpr Duration kSlice = milliseconds(250);  // of virtual time, between two ticks

}  // namespace

Campaign::Campaign(const Experiment& experiment, Scene& scene, Ledger& ledger, std::uint64_t seed)
    : experiment_(experiment),
      scene_(scene),
      ledger_(ledger),
      draws_(experiment, scene.draft, seed),
      times_(Rng(seed).fork(0x71e)),
      lifetime_(life_of(experiment, scene.draft)),
      starts_(*scene.engine, [this](std::uint64_t) { begin_drawn(); }),
      ends_(*scene.engine,
            [this](std::uint64_t search) { close(static_cast<std::uint32_t>(search)); }),
      deeds_(*scene.engine, [this](std::uint64_t number) { follow(scene_.draft.script[number]); }) {
  if (experiment.run.truth) ball_.emplace(scene.engine->size());
}

void Campaign::run(const std::function<void()>& tick) {
  tick_ = &tick;
  for (std::size_t i = 0; i < scene_.draft.script.size(); ++i) {
    deeds_.add(std::max(scene_.draft.script[i].at, scene_.engine->now()), i);
  }
  if (on_settled) {
    advance(measured_at(experiment_));
    on_settled();
  }
  advance(Instant(experiment_.workload.start));
  if (experiment_.workload.rate > 0) {
    at_a_rate();
  } else {
    one_after_another();
  }
  if (!scene_.draft.script.empty()) advance(scene_.draft.script.back().at + lifetime_);
  while (ledger_.open_searches() > 0) advance(expiry());
  tell_first_over();
}

double Campaign::done() const {
  const auto all = std::max<std::uint64_t>(1, experiment_.workload.searches);
  return std::min(1.0, static_cast<double>(closed_) / static_cast<double>(all));
}

Instant Campaign::expiry() const { return scene_.engine->now() + lifetime_; }

void Campaign::advance(Instant until) {
  Engine& engine = *scene_.engine;
  while (engine.now() < until) {
    const Instant next = std::min(until, engine.now() + kSlice);
    const bool quiet = engine.run(next);
    (*tick_)();
    if (!scene_.still()) tell_first_over();
    if (quiet) break;
  }
}

void Campaign::one_after_another() {
  for (std::uint32_t i = 0; i < experiment_.workload.searches; ++i) {
    begin_drawn();
    if (scene_.still()) {
      // The next one finds a network that has forgotten this one, or nearly so.
      advance(scene_.engine->now() + lifetime_ +
              limits::remember_query_for(scene_.draft.ttl_limit));
      tell_first_over();
    } else {
      advance(expiry());
    }
  }
}

void Campaign::at_a_rate() {
  const Duration mean(std::max<std::int64_t>(1, std::llround(1e6 / experiment_.workload.rate)));
  Instant at = scene_.engine->now();
  for (std::uint32_t i = 0; i < experiment_.workload.searches; ++i) {
    at += Duration(times(mean.count(), draw_exponential(times_)));
    starts_.add(at, i);
  }
  advance(at + lifetime_ + Duration(1));
}

void Campaign::follow(const Deed& deed) {
  if (deed.kind == Deed::Kind::kSearch) {
    begin(deed.peer, scene_.catalogue.files() == 0 ? kNoFile : deed.file);
    return;
  }
  if (!scene_.follow(deed)) return;
  if (deed.kind == Deed::Kind::kJoin) {
    ++changes_.returns;
  } else if (deed.kind == Deed::Kind::kLeave) {
    ++changes_.departures;
  } else {
    ++changes_.moved;
  }
}

void Campaign::begin_drawn() {
  const std::uint32_t file = draws_.file();
  begin(draws_.origin(*scene_.presence, scene_.catalogue, file), file);
}

std::uint32_t Campaign::begin(std::uint32_t origin, std::uint32_t file) {
  const OverlayPlan& plan = experiment_.overlay;
  const auto ttl = static_cast<std::uint8_t>(plan.ttl);
  SearchRecord record;
  record.origin = origin;
  record.file = file;
  record.started = scene_.engine->now();
  const bool here = scene_.presence->here(origin);
  if (here) record.present = scene_.presence->size();
  if (here && ball_) look_around(record);
  auto body = body_of(plan, file);
  const std::uint32_t search = ledger_.open(record, ttl, *body);
  if (here) {
    const auto request = request_of(plan, scene_.draft, std::move(body));
    if (const auto started = scene_.engine->search(PeerRef{origin}, request)) {
      ledger_.started(*started);
      ends_.add(expiry(), search);
      return search;
    }
  }
  ledger_.refused();
  close(search);
  return search;
}

void Campaign::close(std::uint32_t search) {
  ledger_.close(search);
  ++closed_;
}

void Campaign::tell_first_over() {
  if (closed_ > 0 && on_first_over) std::exchange(on_first_over, nullptr)();
}

void Campaign::look_around(SearchRecord& record) {
  const Graph& graph = scene_.draft.graph();
  const Engine& engine = *scene_.engine;
  const overlay::OverlayEntry& via = *scene_.draft.overlay;
  const unsigned hops = via.ttl_is_time ? scene_.engine->size() : experiment_.overlay.ttl;
  const bool everybody = via.asks_directly;  // no link is needed
  if (everybody) {
    record.ball = record.present - 1;
  } else if (scene_.still()) {
    ball_->run(record.origin, hops, [&](std::uint32_t peer, auto visit) {
      for (const std::uint32_t other : graph.neighbours(peer)) visit(other);
    });
  } else {
    ball_->run(record.origin, hops, [&](std::uint32_t peer, auto visit) {
      for (const overlay::Link& link : engine.node(PeerRef{peer}).links().all()) {
        if (link.active() && scene_.presence->here(link.peer.value)) visit(link.peer.value);
      }
    });
  }
  if (!everybody) record.ball = ball_->size();
  if (record.file >= scene_.catalogue.files()) return;
  for (const std::uint32_t holder : scene_.catalogue.holders(record.file)) {
    if (holder == record.origin || !scene_.presence->here(holder)) continue;
    ++record.holders;
    if (everybody || ball_->contains(holder)) ++record.holders_in_ball;
  }
}

}  // namespace shoal::sim
