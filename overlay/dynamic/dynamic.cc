// SPDX-License-Identifier: Apache-2.0
#include "overlay/dynamic/dynamic.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "overlay/core/registry.h"
#include "overlay/dynamic/faults.h"
#include "overlay/dynamic/horizon.h"
#include "overlay/flood/waves.h"

namespace shoal::overlay {
namespace {

/// Whom to ask next, and with how many hops.
class Probing final : public Course {
 public:
  Probing(const Parameters& chosen, const SearchRequest& request)
      : probes_(chosen[kDynamicProbes]),
        probe_ttl_(std::min<unsigned>(chosen[kDynamicProbeTtl], request.ttl)),
        degree_(chosen[kDynamicDegree]),
        ttl_(request.ttl) {
    const auto& query = request.body.ref<QueryBody>();
    once_ = query.rule == DuplicateRule::kClassic;
    counted_ = query.echo;
  }

  std::optional<Step> next(const Context& context, const SoFar& so_far) override;
  [[nodiscard]] std::size_t bytes() const override {
    return sizeof(Probing) + asked_.capacity() * sizeof(Asked);
  }

 private:
  /// A neighbour, and the most hops with which it was asked; 0: not yet.
  struct Asked {
    PeerRef peer;
    unsigned ttl = 0;
    bool turn = false;  ///< it was asked alone
  };

  /// Neighbours that may be asked with more hops than so far.
  [[nodiscard]] std::vector<Asked> candidates(const Context& context) const;
  /// In random order, but those that were not asked yet first, and those that had their turn last.
  static void mix(std::vector<Asked>& candidates, Rng& rng);
  [[nodiscard]] unsigned ttl_for(const SoFar& so_far, std::size_t links) const;
  [[nodiscard]] std::uint64_t peers_asked(const SoFar& so_far) const;
  /// The neighbours that a peer has on average, by the copies that the probed ones have sent on.
  [[nodiscard]] std::uint32_t degree_by(const Counts& probe) const;
  void note(const Asked& asked);

  std::vector<Asked> asked_;
  std::uint32_t probes_;
  unsigned probe_ttl_;
  std::uint32_t degree_;
  unsigned ttl_;
  bool once_ = false;    ///< no neighbour passes the query on a second time
  bool counted_ = true;  ///< echoes say how many were asked
};

std::vector<Probing::Asked> Probing::candidates(const Context& context) const {
  std::vector<Asked> found;
  for (const Link& link : context.links.all()) {
    if (!link.active()) continue;
    const auto known = std::ranges::find(asked_, link.peer, &Asked::peer);
    const Asked candidate = known == asked_.end() ? Asked{link.peer} : *known;
    if (candidate.ttl > 0 && (once_ || planted(DynamicFault::kForgetProbed))) continue;
    if (candidate.ttl < ttl_) found.push_back(candidate);
  }
  return found;
}

void Probing::mix(std::vector<Asked>& candidates, Rng& rng) {
  for (std::size_t i = 0; i + 1 < candidates.size(); ++i) {
    std::swap(candidates[i], candidates[i + rng.below(candidates.size() - i)]);
  }
  std::ranges::stable_sort(candidates, {}, [](const Asked& asked) {
    return asked.turn ? 2 : asked.ttl > 0 ? 1 : 0;
  });
}

std::uint64_t Probing::peers_asked(const SoFar& so_far) const {
  if (counted_ && !planted(DynamicFault::kTrustHorizon)) {
    const auto& by_hop = so_far.counts.peers_by_hop;
    const auto sum = std::accumulate(by_hop.begin(), by_hop.end(), std::int64_t{0});
    return static_cast<std::uint64_t>(std::max<std::int64_t>(sum, 1));
  }
  std::uint64_t sum = 0;
  for (const Asked& asked : asked_) sum += hosts(degree_, asked.ttl);
  return std::min(std::max<std::uint64_t>(sum, 1), kHorizonMax);
}

/// With one in `peers_asked / hits` holding something, so many peers more are needed, and each of
/// the links is to bring its part of them.
unsigned Probing::ttl_for(const SoFar& so_far, std::size_t links) const {
  const std::uint64_t missing = so_far.wanted > so_far.hits ? so_far.wanted - so_far.hits : 1;
  const std::uint64_t hits = std::max<std::uint64_t>(so_far.hits, 1);
  const std::uint64_t share = hits * links;
  const std::uint64_t peers = (missing * peers_asked(so_far) + share - 1) / share;
  return planted(DynamicFault::kAlwaysAllHops) ? ttl_ : hops_for(peers, degree_, ttl_);
}

std::optional<Step> Probing::next(const Context& context, const SoFar& so_far) {
  std::vector<Asked> open = candidates(context);
  if (open.empty()) return std::nullopt;
  mix(open, context.env.rng);
  Step step;
  if (asked_.empty()) {
    step.ttl = static_cast<std::uint8_t>(probe_ttl_);
    open.resize(std::min<std::size_t>(probes_, open.size()));
  } else {
    if (degree_ == 0) degree_ = degree_by(so_far.counts);
    const auto waiting = static_cast<std::size_t>(std::ranges::count(open, false, &Asked::turn));
    const unsigned ttl = ttl_for(so_far, waiting > 0 ? waiting : open.size());
    if (waiting > 0 && !planted(DynamicFault::kAskAllAtOnce)) open.resize(1);
    const unsigned before = std::ranges::max(open, {}, &Asked::ttl).ttl;
    const bool alike = waiting > 0 && planted(DynamicFault::kAskAgainAlike);
    const unsigned least = before + (alike ? 0U : 1U);
    step.ttl = static_cast<std::uint8_t>(std::max(ttl, std::min(least, ttl_)));
    for (Asked& asked : open) asked.turn = true;
  }
  for (Asked& asked : open) {
    asked.ttl = step.ttl;
    step.only.push_back(asked.peer);
    note(asked);
  }
  step.later = static_cast<unsigned>(candidates(context).size()) * ttl_;
  return step;
}

std::uint32_t Probing::degree_by(const Counts& probe) const {
  std::int64_t senders = 0;
  for (std::size_t at = 0; at < probe.peers_by_hop.size(); ++at) {
    if (probe.first_hop + at < probe_ttl_) senders += probe.peers_by_hop[at];
  }
  const auto own = static_cast<std::int64_t>(asked_.size());
  const std::int64_t sent = std::int64_t{probe.copies} - own;
  if (!counted_ || senders <= 0 || sent <= 0) return static_cast<std::uint32_t>(own + 1);
  return static_cast<std::uint32_t>(
      std::min<std::int64_t>(1 + (sent + senders - 1) / senders, 1000));
}

void Probing::note(const Asked& asked) {
  const auto known = std::ranges::find(asked_, asked.peer, &Asked::peer);
  if (known == asked_.end()) {
    asked_.push_back(asked);
  } else {
    *known = asked;
  }
}

Result<Plan> chart(const Context&, const SearchRequest& request) {
  const Parameters& chosen = *request.parameters;
  Plan plan;
  plan.wanted = request.enough > 0 ? request.enough : chosen[kDynamicWanted];
  if (planted(DynamicFault::kIgnoreWanted)) plan.wanted = UINT32_MAX;
  plan.enough = plan.wanted;
  plan.course = std::make_unique<Probing>(chosen, request);
  return plan;
}

}  // namespace

std::unique_ptr<Overlay> make_dynamic(Env&) { return std::make_unique<Waves>(kDynamic, chart); }

}  // namespace shoal::overlay
