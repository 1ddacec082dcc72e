// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/turnover.h"

#include <algorithm>
#include <cmath>

#include "proto/types/assert.h"
#include "sim/draw/draws.h"

namespace shoal::sim {

Turnover::Turnover(Engine& engine, Catalogue& catalogue, double per_second, Rng rng)
    : engine_(engine),
      catalogue_(catalogue),
      mean_(std::max<std::int64_t>(1, std::llround(1e6 / per_second))),
      draws_(rng),
      agenda_(engine, [this](std::uint64_t) { move(); }) {
  SHOAL_ASSERT(catalogue.files() > 0 && per_second > 0);
  schedule();
}

void Turnover::schedule() {
  const Duration pause(times(mean_.count(), draw_exponential(draws_)));
  agenda_.add(engine_.now() + std::max(pause, Duration(1)), 0);
}

void Turnover::move() {
  schedule();
  const auto file = static_cast<std::uint32_t>(draws_.below(catalogue_.files()));
  const auto holders = catalogue_.holders(file);
  const auto sharers = catalogue_.sharers();
  if (holders.empty()) return;  // a script withdrew them all
  const std::uint32_t from = holders[draws_.below(holders.size())];
  const std::uint32_t to = sharers[draws_.below(sharers.size())];
  if (!catalogue_.publish(to, file)) return;
  catalogue_.withdraw(from, file);
  ++moved_;
}

}  // namespace shoal::sim
