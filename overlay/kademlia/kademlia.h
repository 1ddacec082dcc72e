// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "overlay/core/overlay.h"
#include "overlay/core/parameters.h"
#include "overlay/kademlia/errand.h"
#include "overlay/kademlia/providers.h"
#include "overlay/kademlia/publisher.h"
#include "overlay/kademlia/table.h"
#include "proto/types/limits.h"

namespace shoal::overlay {

/// Places of a search's parameters.
enum KademliaParameter : std::uint8_t { kKademliaPaths, kKademliaAlpha, kKademliaWidth };
inline constexpr std::array kKademliaParameters{
    Parameter{"paths", "Paths of a lookup that share no peer.", 4, 1, limits::kKademliaPathsMax},
    Parameter{"alpha", "Requests that each path has open.", 3, 1, 8},
    Parameter{"k", "How many of the nearest peers must have answered.", limits::kKademliaK, 1,
              limits::kKademliaK},
};

/// A distributed hash table over the peers of an open network (Maymounkov, Mazieres: "Kademlia: A
/// Peer-to-peer Information System Based on the XOR Metric", IPTPS 2002), with lookups over
/// disjoint paths (Baumgart, Mies: "S/Kademlia: A Practicable Approach Towards Secure Key-Based
/// Routing", ICPADS 2007).
///
/// Every peer writes down at the peers nearest to a content's or word's point that it has it. A
/// search looks up that point, and asks each provider it hears of itself: a hit is taken only from
/// its holder, so nobody's record has to be believed.
/// Works in open networks only (NodeConfig::open); elsewhere it is silent, and searches are
/// refused. Differs from the papers: README.md. Cost: limits::kademlia_idle_bytes(), and what
/// proto/types/limits_kademlia.h says for each offer kept, and lookup open.
class Kademlia final : public Overlay {
 public:
  explicit Kademlia(const kademlia::Point& self) : table_(self, limits::kKademliaK) {}

  void on_start(Context& context) override;
  void on_introduced(Context& context, PeerRef peer) override;
  Result<QueryId> search(Context& context, const SearchRequest& request) override;
  void cancel(Context& context, QueryId query) override;
  Verdict on_message(Context& context, PeerRef from, const Message& message) override;
  void on_matches(Context& context, LookupToken token, std::span<const PayloadRef> hits,
                  std::uint32_t excess) override;
  void on_shares(Context& context, LookupToken token, std::span<const SharedFile> files,
                 bool more) override;
  void on_shares_changed(Context& context) override;
  void on_dropped(Context& context, PeerRef to, const Message& message) override;
  void on_link_up(Context& context, PeerRef peer) override;
  void on_link_down(Context& /*context*/, PeerRef /*peer*/) override {}  // requests time out
  void on_timer(Context& context) override;
  [[nodiscard]] std::size_t bytes() const override;
  void warm_visit(unsigned step, const Coming& visit) const override;

  // ---- getters, for tests --------------------------------------------------------------------
  [[nodiscard]] const kademlia::Table& table() const { return table_; }
  [[nodiscard]] const kademlia::Providers& kept() const { return kept_; }
  [[nodiscard]] bool joined() const { return joined_; }

 private:
  using Errand = kademlia::Errand;
  using Kind = kademlia::Kind;
  struct Ping {
    PeerRef peer;
    QueryId id;
    Instant until;
  };
  /// Somebody asked what this peer has, and waits.
  struct Question {
    PeerRef from;
    QueryId query;
    std::uint32_t generation = 0;
    std::uint8_t ttl = 0;
    bool open = false;
  };

  // whom this peer knows (kademlia.cc)
  [[nodiscard]] kademlia::Point place_of(Context& context, PeerRef peer) const;
  void heard(Context& context, PeerRef from);
  void ping(Context& context, PeerRef peer);
  void no_answer(Context& context, PeerRef peer, bool certain);
  void end_ping(Context& context, std::size_t index);
  void arm(Context& context, Instant at);
  [[nodiscard]] Instant next_due() const;

  // what others ask of it (kademlia_answers.cc)
  Verdict on_own_kind(Context& context, PeerRef from, const Message& message, Kind kind);
  void answer_find(Context& context, PeerRef from, const Message& message,
                   const kademlia::Point& target);
  void answer_get(Context& context, PeerRef from, const Message& message,
                  const kademlia::FindRequest& wanted);
  Verdict on_add(Context& context, PeerRef from, const Message& message);
  Verdict on_pong(Context& context, PeerRef from, const Message& message);
  Verdict on_question(Context& context, PeerRef from, const Message& message);

  // its own lookups (kademlia_errands.cc)
  Errand& start(Context& context, Errand::Purpose purpose, const kademlia::Point& target,
                const kademlia::LookupPlan& plan, std::string_view words);
  [[nodiscard]] bool knows_anybody(const Context& context) const;
  Verdict on_nodes(Context& context, PeerRef from, const Message& message, Kind kind);
  void advance(Context& context, Errand& errand);
  void end(Context& context, Errand& errand);
  void end_neighbours(Context& context, const Errand& errand);
  void spread(Context& context, const Errand& errand);
  void maintain(Context& context);
  bool maintain_publishing(Context& context);
  void give_up_silent(Context& context);
  Errand* errand_of(const QueryId& id);

  // its own searches (kademlia_search.cc)
  void ask_provider(Context& context, Errand& errand, PeerRef peer, std::uint8_t hop);
  Verdict on_hit(Context& context, PeerRef from, const Message& message);
  Verdict on_echo(Context& context, PeerRef from, const Message& message);
  void end_question(Context& context, Errand& errand, PeerRef peer, bool answered);
  void finish_if_over(Context& context, Errand& errand);
  void finish(Context& context, Errand& errand, EndReason reason);
  void end_late_searches(Context& context);

  kademlia::Table table_;
  kademlia::Providers kept_;
  std::vector<std::unique_ptr<Errand>> errands_;
  std::vector<Question> questions_;
  std::vector<Ping> pings_;
  std::unique_ptr<kademlia::Publisher> publisher_;
  PayloadRef empty_;  // the body of pings and pongs
  QueryId upkeep_;    // the lookup that is made for the table or for publishing
  Instant armed_ = Instant::max();
  Instant next_neighbours_ = Instant::max();
  Instant next_publish_ = Instant::max();
  Instant next_sweep_ = Instant::max();
  Duration pause_ = limits::kKademliaRetryMin;
  std::size_t covered_ = 0;  // buckets behind these are known from one's own neighbourhood
  std::size_t to_fill_ = 0;  // buckets that are looked through after joining
  std::uint32_t generation_ = 0;
  bool upkeep_open_ = false;
  bool listing_ = false;
  bool changed_ = false;  // shares, since they were last listed
  bool joined_ = false;
};

std::unique_ptr<Overlay> make_kademlia(Env& env);

}  // namespace shoal::overlay
