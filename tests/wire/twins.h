// SPDX-License-Identifier: Apache-2.0
// One network twice: real peers on loopback, and the same graph in the simulator.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <initializer_list>
#include <set>

#include "sim/engine/engine.h"
#include "sim/engine/shelf.h"
#include "sim/network/delay.h"
#include "sim/topology/generators.h"
#include "tests/wire/hosts.h"

namespace shoal::overlay {

#ifdef __SANITIZE_ADDRESS__
inline constexpr std::uint32_t kPeers = 40;
#else
inline constexpr std::uint32_t kPeers = 200;
#endif
inline constexpr std::uint32_t kDegree = 4;
inline constexpr std::uint32_t kHolderEvery = 7;
inline constexpr std::uint8_t kTestTtlLimit = 255;

/// Whether `peer` holds what is searched for, where one in `every` does.
inline bool is_holder(std::uint32_t peer, std::uint32_t every = kHolderEvery) {
  return peer % every == 3;
}
/// What it shares: that, or one of three other things.
inline HitFile file_of(std::uint32_t peer, std::uint32_t every = kHolderEvery) {
  if (is_holder(peer, every)) return some_file();
  static const std::vector<std::string> kOthers{"a tune", "the film", "some notes"};
  HitFile other;
  other.name = kOthers[peer % kOthers.size()];
  other.content.length = 100 + peer % kOthers.size();
  return other;
}

inline NodeConfig test_network() {
  NodeConfig config;
  config.ttl_limit = kTestTtlLimit;
  return config;
}

/// What a search came to, as far as it does not depend on timing.
struct Answer {
  std::vector<std::int32_t> peers_by_hop;
  std::uint32_t copies = 0;
  bool complete = false;
  std::set<std::uint32_t> holders;
  friend bool operator==(const Answer&, const Answer&) = default;
};

inline std::ostream& operator<<(std::ostream& out, const Answer& answer) {
  out << answer.copies << " copies, " << answer.holders.size() << " holders, "
      << (answer.complete ? "complete" : "not complete") << ", peers by hop:";
  for (const std::int32_t peers : answer.peers_by_hop) out << ' ' << peers;
  return out;
}

inline Answer answer_of(const SearchReport& report, std::set<std::uint32_t> holders) {
  auto peers = report.counts.peers_by_hop;
  while (!peers.empty() && peers.back() == 0) peers.pop_back();
  return {std::move(peers), report.counts.copies, report.complete, std::move(holders)};
}

inline PayloadRef body_of(DuplicateRule rule) {
  return make_payload<QueryBody>([&](QueryBody& query) {
    query.terms = "word";
    query.rule = rule;
  });
}

/// The simulated half.
class Simulated final : public sim::Observer, public sim::Content {
 public:
  explicit Simulated(const sim::Graph& graph, std::uint32_t holder_every = kHolderEvery)
      : holder_every_(holder_every) {
    sim::EngineOptions options;
    options.node = test_network();
    options.content = this;
    options.order = sim::Order::kTotal;
    engine_ = sim::Engine::make(options, registry()).value();
    engine_->watch(*this);
    sim::LinkLaw law;
    law.delay = sim::DelayLaw(sim::ConstantDelay{std::chrono::milliseconds(20)});
    engine_->build(graph, law);
  }
  Answer ask(std::uint32_t origin, std::uint8_t ttl, DuplicateRule rule) {
    SearchRequest request;
    request.body = body_of(rule);
    request.ttl = ttl;
    return ask(origin, request);
  }
  Answer ask(std::uint32_t origin, const SearchRequest& request) {
    holders_.clear();
    report_.reset();
    EXPECT_TRUE(engine_->search(PeerRef{origin}, request));
    engine_->run(engine_->now() + std::chrono::hours(1));
    EXPECT_TRUE(report_);
    return answer_of(*report_, holders_);
  }

 private:
  std::size_t find(PeerRef peer, const QueryBody&, std::uint32_t,
                   std::vector<PayloadRef>& hits) const override {
    if (!is_holder(peer.value, holder_every_)) return 0;
    for (PayloadRef& hit : sim::hits_of(sim::simulated_id(peer), {some_file()}, 1)) {
      hits.push_back(std::move(hit));
    }
    return 0;
  }
  bool list(PeerRef peer, const ContentId& after, std::uint32_t,
            std::vector<SharedFile>& files) const override {
    const HitFile file = file_of(peer.value, holder_every_);
    if (after < file.content) files.push_back({file.content, file.name});
    return false;
  }
  void on_found(Instant, PeerRef, const Found& found) override {
    const PeerId& holder = found.hit.ref<HitBody>().holder;
    for (std::uint32_t peer = 0; peer < kPeers; ++peer) {
      if (sim::simulated_id(PeerRef{peer}) == holder) holders_.insert(peer);
    }
  }
  void on_finished(Instant, PeerRef, const Finished& end) override { report_ = end.report; }

  std::uint32_t holder_every_;
  std::unique_ptr<sim::Engine> engine_;
  std::set<std::uint32_t> holders_;
  std::optional<SearchReport> report_;
};

/// The real half, and the graph of both.
class Twins : public Hosts {
 protected:
  explicit Twins(std::size_t record_limit = 0) {
    rlimit files{};
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
    sim::TopologyParameters parameters;
    parameters.peers = kPeers;
    parameters.degree = kDegree;
    Rng rng(2026);
    graph_ = sim::topology::random_regular(parameters, rng).value();
    HostOptions options;
    options.node = test_network();
    options.record_limit = record_limit;
    for (std::uint32_t peer = 0; peer < kPeers; ++peer) {
      peers_.push_back(std::make_unique<Peer>(threads_, "peer", options));
      if (is_holder(peer)) peers_.back()->files = {some_file()};
    }
    for (std::uint32_t one = 0; one < kPeers; ++one) {
      for (const std::uint32_t other : graph_->neighbours(one)) {
        if (one < other) peer(one).befriend(peer(other));
      }
    }
    for (std::uint32_t one = 0; one < kPeers; ++one) {
      EXPECT_TRUE(soon([&] { return active_links(one) == kDegree; })) << one;
    }
  }
  std::size_t active_links(std::uint32_t one) {
    const auto links = peer(one).host().links();
    return static_cast<std::size_t>(std::ranges::count(
        links, LinkStatus::State::kActive, [](const LinkStatus& link) { return link.state; }));
  }
  Answer ask(std::uint32_t origin, std::uint8_t ttl, DuplicateRule rule) {
    SearchSpec spec;
    spec.terms = "word";
    spec.ttl = ttl;
    spec.rule = rule;
    return ask(origin, spec);
  }
  Answer ask(std::uint32_t origin, const SearchSpec& spec) {
    Asked asked(peer(origin), spec);
    const SearchReport& report = asked.report();
    std::set<std::uint32_t> holders;
    for (const FoundHit& hit : asked.hits) {
      for (std::uint32_t one = 0; one < kPeers; ++one) {
        if (peer(one).id() == hit.holder) holders.insert(one);
      }
    }
    return answer_of(report, std::move(holders));
  }

  std::optional<sim::Graph> graph_;
};

}  // namespace shoal::overlay
