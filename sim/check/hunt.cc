// SPDX-License-Identifier: Apache-2.0
#include "sim/check/hunt.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>

#include "proto/types/assert.h"
#include "sim/check/draw.h"
#include "sim/check/shrink.h"
#include "sim/engine/threads.h"

namespace shoal::sim {
namespace {

/// Some seconds' worth, of small scenarios.
constexpr std::uint32_t kTriesMax = 6000;

double seconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

class Hunters {
 public:
  Hunters(const HuntPlan& plan, const std::function<void(const HuntProgress&)>& hook)
      : plan_(plan), hook_(hook) {}

  Hunt go() {
    SHOAL_ASSERT(plan_.jobs >= 1);
    {
      const auto team = start_threads(plan_.jobs - 1, [this](unsigned) { work(); });
      work();
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool over(std::uint64_t run) const {
    if (run > first_bad_) return true;
    if (plan_.minutes > 0) return seconds_since(began_) > plan_.minutes * 60;
    return run >= plan_.runs;
  }

  void work() {
    for (;;) {
      const std::uint64_t run = next_++;
      if (over(run)) return;
      const auto* const overlay = plan_.overlays[run % plan_.overlays.size()];
      const std::uint64_t seed = plan_.first_seed + run / plan_.overlays.size();
      Scenario scenario = draw_scenario(*overlay, seed);
      Verdicts verdicts = play(scenario);
      const std::lock_guard hold(guard_);
      found_.sights += verdicts.sights;
      if (!verdicts.breaches.empty() && run < first_bad_) {
        first_bad_ = run;
        found_.prey = Prey{overlay, seed, run, std::move(scenario), std::move(verdicts.breaches)};
      }
      hook_({found_.sights.scenarios, seconds_since(began_)});
    }
  }

  const HuntPlan& plan_;
  const std::function<void(const HuntProgress&)>& hook_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> first_bad_{UINT64_MAX};
  std::mutex guard_;
  Hunt found_;
};

}  // namespace

Hunt hunt(const HuntPlan& plan, const std::function<void(const HuntProgress&)>& hook) {
  SHOAL_ASSERT(!plan.overlays.empty() && plan.jobs >= 1);
  return Hunters(plan, hook).go();
}

Tamed tame(const Scenario& scenario, Clause clause) {
  const auto broken = [clause](const Scenario& candidate) -> std::optional<Breach> {
    const Verdicts verdicts = play(candidate);
    const auto at = std::ranges::find(verdicts.breaches, clause, &Breach::clause);
    return at == verdicts.breaches.end() ? std::nullopt : std::optional(*at);
  };
  Shrunk small = shrink(
      scenario, [&](const Scenario& candidate) { return broken(candidate).has_value(); },
      kTriesMax);
  const auto breach = broken(small.scenario);
  SHOAL_ASSERT(breach.has_value());
  return {std::move(small.scenario), *breach, small.tries};
}

}  // namespace shoal::sim
