// SPDX-License-Identifier: Apache-2.0
#include "overlay/ring/ring.h"

#include <algorithm>
#include <string>

#include "overlay/core/registry.h"
#include "overlay/flood/faults.h"
#include "overlay/flood/waves.h"

namespace shoal::overlay {
namespace {

/// The TTLs of the rings: `first`, and `grow` more each time, up to `last`.
class Rings final : public Course {
 public:
  Rings(unsigned first, unsigned grow, unsigned last)
      : next_(std::min(first, last)), grow_(grow), last_(last) {}

  std::optional<Step> next(const Context&, const SoFar&) override {
    if (next_ == 0) return std::nullopt;
    Step step;
    step.ttl = static_cast<std::uint8_t>(next_);
    next_ = after(next_);
    for (unsigned ttl = next_; ttl != 0; ttl = after(ttl)) step.later += ttl;
    return step;
  }
  [[nodiscard]] std::size_t bytes() const override { return sizeof(Rings); }

 private:
  /// 0 after the last.
  [[nodiscard]] unsigned after(unsigned ttl) const {
    if (planted(WavesFault::kForgetLastRing) && ttl + grow_ > last_) return 0;
    return ttl >= last_ ? 0 : std::min(ttl + grow_, last_);
  }

  unsigned next_;
  unsigned grow_;
  unsigned last_;
};

Result<Plan> chart(const Context&, const SearchRequest& request) {
  const Parameters& chosen = *request.parameters;
  Plan plan;
  plan.renames = chosen[kRingRestart] == 1;
  const bool classic = request.body.ref<QueryBody>().rule == DuplicateRule::kClassic;
  if (classic && !plan.renames) {
    return fail(Errc::kInvalidArgument, "the search was not started",
                "under the rule \"classic\" no peer passes a second ring on",
                "choose the rule \"deepest\", or rings that restart");
  }
  plan.enough = request.enough;
  plan.wanted = std::max<std::uint32_t>(1, request.enough);
  plan.course = std::make_unique<Rings>(chosen[kRingFirst], chosen[kRingGrow], request.ttl);
  return plan;
}

}  // namespace

std::unique_ptr<Overlay> make_ring(Env&) { return std::make_unique<Waves>(kRing, chart); }

}  // namespace shoal::overlay
