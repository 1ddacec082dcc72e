// SPDX-License-Identifier: Apache-2.0
#include "tests/overlay/membership/open_crowd.h"

#include <algorithm>
#include <vector>

#include "sim/measure/views.h"
#include "sim/workload/joining.h"

namespace shoal::tests {

using std::chrono::milliseconds;
using std::chrono::seconds;

OpenCrowd::OpenCrowd(std::uint32_t peers, unsigned cycles, std::uint64_t seed, bool repair,
                     unsigned threads, Duration cycle)
    : rng_(Rng(seed).fork(1)) {
  sim::EngineOptions options;
  options.seed = seed;
  options.threads = threads;
  options.node.open = true;
  options.node.membership = overlay::MembershipKind::kHyParView;
  options.node.hyparview.repair = repair;
  options.node.hyparview.cycle = cycle;
  options.node.link_queries_per_second = 0;
  options.open.law.delay = sim::DelayLaw(sim::UniformDelay{milliseconds(20), milliseconds(80)});
  options.floor = options.open.law.floor();
  engine_ = sim::Engine::make(options, overlay::registry()).value();
  engine_->add_peers(peers);
  const Duration pause = milliseconds(100);
  sim::join_one_by_one(*engine_, pause, Rng(seed).fork(2));
  engine_->run_until(Instant(peers * pause + cycles * cycle));
}

std::uint32_t OpenCrowd::alive() const {
  std::uint32_t count = 0;
  for (std::uint32_t peer = 0; peer < engine_->size(); ++peer) {
    count += engine_->alive(PeerRef{peer}) ? 1U : 0U;
  }
  return count;
}

void OpenCrowd::fail(unsigned percent, Duration settle) {
  std::vector<std::uint32_t> all(engine_->size());
  for (std::uint32_t peer = 0; peer < all.size(); ++peer) all[peer] = peer;
  const std::size_t gone = all.size() * percent / 100;
  for (std::size_t i = 0; i < gone; ++i) {
    std::swap(all[i], all[i + rng_.below(all.size() - i)]);
    engine_->crash(PeerRef{all[i]}, milliseconds(50));
  }
  engine_->run_until(engine_->now() + settle);
}

PeerRef OpenCrowd::any_alive() {
  for (;;) {
    const PeerRef peer{static_cast<std::uint32_t>(rng_.below(engine_->size()))};
    if (engine_->alive(peer)) return peer;
  }
}

double OpenCrowd::reliability(unsigned floods) {
  engine_->measure([this](std::uint32_t) { return &reached_; });
  const std::uint32_t live = alive();
  double sum = 0;
  for (unsigned i = 0; i < floods; ++i) {
    reached_.peers = 1;  // the origin
    overlay::SearchRequest request;
    request.ttl = limits::kTtlLimit;
    request.body = make_payload<QueryBody>([](QueryBody& query) {
      query.terms = "word";
      query.rule = DuplicateRule::kClassic;
      query.echo = false;
    });
    static_cast<void>(engine_->search(any_alive(), request));  // nobody there: reaches itself
    engine_->run_until(engine_->now() + seconds(2));
    sum += static_cast<double>(reached_.peers) / live;
  }
  return sum / floods;
}

double OpenCrowd::flood_hops(unsigned sources) {
  const sim::Graph graph = sim::active_views(*engine_);
  double sum = 0;
  for (unsigned i = 0; i < sources; ++i) {
    std::vector<std::uint32_t> hops(graph.size(), UINT32_MAX);
    std::vector<std::uint32_t> queue{any_alive().value};
    hops[queue[0]] = 0;
    for (std::size_t at = 0; at < queue.size(); ++at) {
      for (const std::uint32_t next : graph.neighbours(queue[at])) {
        if (hops[next] != UINT32_MAX) continue;
        hops[next] = hops[queue[at]] + 1;
        queue.push_back(next);
      }
    }
    sum += hops[queue.back()];
  }
  return sum / sources;
}

}  // namespace shoal::tests
