// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "overlay/core/registry.h"
#include "sim/world.h"

namespace shoal::tests {

/// Keeps what a test looks at: deliveries, what was given back or lost, ends, and links wanted.
class Diary final : public sim::Observer {
 public:
  struct Delivery {
    Instant at;
    PeerRef from;
    PeerRef to;
    Message message;
    Verdict verdict;
  };
  std::vector<Delivery> deliveries;
  std::vector<Message> given_back;
  std::vector<Message> lost;
  std::vector<std::pair<PeerRef, PeerRef>> downs;
  std::vector<overlay::Found> found;
  std::vector<SearchReport> reports;
  std::vector<std::pair<PeerRef, Role>> wanted;

  void on_delivery(Instant now, PeerRef from, PeerRef to, const Message& message, Verdict verdict,
                   const overlay::Effects&) override {
    deliveries.push_back({now, from, to, message, verdict});
  }
  void on_given_back(Instant, PeerRef, PeerRef, const Message& message) override {
    given_back.push_back(message);
  }
  void on_lost(Instant, PeerRef, PeerRef, const Message& message) override {
    lost.push_back(message);
  }
  void on_link_down(Instant, PeerRef at, PeerRef of) override { downs.emplace_back(at, of); }
  void on_found(Instant, PeerRef, const overlay::Found& hit) override { found.push_back(hit); }
  void on_finished(Instant, PeerRef, const overlay::Finished& end) override {
    reports.push_back(end.report);
  }
  void on_link_wanted(Instant, PeerRef at, const overlay::LinkWanted& link) override {
    wanted.emplace_back(at, link.role);
  }
};

/// A world with a diary, and short names for what tests do in it.
struct LineWorld {
  explicit LineWorld(std::uint32_t peers, sim::WorldOptions options = {})
      : world(options, overlay::registry()) {
    world.watch(diary);
    for (std::uint32_t i = 0; i < peers; ++i) world.add_peer();
  }

  void link(std::uint32_t first, std::uint32_t second, sim::Friendship friendship = {},
            Duration delay = std::chrono::milliseconds(10)) {
    world.connect(PeerRef{first}, PeerRef{second}, {delay, delay, {}}, friendship);
  }
  Result<QueryId> search(std::uint32_t origin, std::uint8_t ttl = 5, Duration budget = {}) {
    overlay::SearchRequest request;
    request.ttl = ttl;
    request.budget = budget;
    request.body = make_payload<QueryBody>([](QueryBody& query) { query.terms = "word"; });
    return world.search(PeerRef{origin}, request);
  }
  void run_for(Duration time) { world.run_until(world.now() + time); }
  /// Whether `at` asks over its link to `of`.
  [[nodiscard]] bool asks(std::uint32_t at, std::uint32_t of) const {
    const overlay::Link* const link = world.node(PeerRef{at}).links().find(PeerRef{of});
    return link != nullptr && link->active();
  }

  Diary diary;
  sim::World world;
};

}  // namespace shoal::tests
