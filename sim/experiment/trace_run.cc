// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/trace_run.h"

#include "sim/draw/weighted.h"
#include "sim/experiment/drawn.h"

namespace shoal::sim {

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
  engine.run_until(Instant(experiment.workload.start));

  SearchDraws draws(experiment, *draft, seed);
  out.file = draws.file();
  out.origin = draws.origin(*(*scene)->presence, (*scene)->catalogue, out.file);
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
