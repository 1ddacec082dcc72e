// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/trace_run.h"

#include <algorithm>

#include "sim/draw/weighted.h"
#include "sim/experiment/drawn.h"
#include "sim/workload/agenda.h"

namespace shoal::sim {
namespace {

const Deed* first_search(const Draft& draft) {
  const auto at = std::ranges::find(draft.script, Deed::Kind::kSearch, &Deed::kind);
  return at == draft.script.end() ? nullptr : &*at;
}

}  // namespace

Result<TracedSearch> trace_search(const Experiment& experiment, std::uint64_t seed,
                                  const Onlooker& onlooker) {
  auto made = draft_of(experiment, seed);
  if (!made) return tl::unexpected(made.error());
  TracedSearch out;
  auto draft = std::make_unique<Draft>(std::move(*made));
  auto scene = Scene::make(experiment, seed, *draft, Order::kTotal);
  if (!scene) return tl::unexpected(scene.error());
  Engine& engine = *(*scene)->engine;
  if (onlooker.watch) {
    const auto watching = onlooker.watch(*draft);
    if (!watching) return tl::unexpected(watching.error());
    engine.watch(**watching);
  }
  (*scene)->unsettle(experiment, seed);
  Agenda deeds(engine, [&](std::uint64_t number) { (*scene)->follow(draft->script[number]); });
  for (std::size_t i = 0; i < draft->script.size(); ++i) {
    deeds.add(std::max(draft->script[i].at, engine.now()), i);
  }
  const Deed* const scripted = experiment.workload.searches == 0 ? first_search(*draft) : nullptr;
  engine.run_until(scripted != nullptr ? scripted->at : Instant(experiment.workload.start));

  if (scripted != nullptr) {
    out.file = (*scene)->catalogue.files() == 0 ? kNoFile : scripted->file;
    out.origin = scripted->peer;
  } else {
    SearchDraws draws(experiment, *draft, seed);
    out.file = draws.file();
    out.origin = draws.origin(*(*scene)->presence, (*scene)->catalogue, out.file);
  }
  out.started = engine.now();
  if (!(*scene)->presence->here(out.origin)) {
    return fail(Errc::kNotConnected, "the search cannot start",
                "peer " + std::to_string(draft->topology.name_of(out.origin)) + " is away then");
  }
  const OverlayPlan& plan = experiment.overlay;
  auto trace =
      std::make_unique<Trace>(*draft->overlay, out.origin, static_cast<std::uint8_t>(plan.ttl),
                              plan.duplicates, engine.now());
  engine.watch(*trace);
  if (onlooker.before) onlooker.before(engine.now());
  out.catalogue = std::make_unique<Catalogue>((*scene)->catalogue);
  const auto started =
      engine.search(PeerRef{out.origin}, request_of(plan, *draft, body_of(plan, out.file)));
  if (!started) return tl::unexpected(started.error());
  trace->follow(*started);
  if (onlooker.begun) onlooker.begun(*started, out);
  engine.run_until(out.started + life_of(experiment, *draft));
  out.ended = engine.now();
  out.trace = std::move(trace);
  scene->reset();
  out.draft = std::move(draft);
  return out;
}

}  // namespace shoal::sim
