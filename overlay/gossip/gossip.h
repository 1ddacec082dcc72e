// SPDX-License-Identifier: Apache-2.0
// Written in docs/tutorial-overlay.md; a test sees that both are equal.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "overlay/core/overlay.h"
#include "overlay/core/parameters.h"
#include "overlay/core/query_table.h"

namespace shoal::overlay {

inline constexpr OverlayId kGossip{7};

enum GossipParameter : std::uint8_t { kFanout };
inline constexpr std::uint32_t kFanoutMax = 32;
inline constexpr std::array kGossipParameters{
    Parameter{.name = "fanout",
              .doc = "To how many neighbours a peer tells a query when it first hears it.",
              .fallback = 4,
              .least = 1,
              .most = kFanoutMax},
};

/// Infect-and-die push gossip (Eugster, Guerraoui, Kermarrec, Massoulie, "Epidemic information
/// dissemination in distributed systems", IEEE Computer 37(5), 2004): whoever hears a query for the
/// first time tells it to `fanout` neighbours drawn at random, and never again.
///
/// Differs from the paper: peers are drawn among neighbours, not all members; a query goes at most
/// TTL hops. Hits go back the way that the query came first. Nothing says who heard it, so reports
/// count hits only, and a search waits for its time if it has not `enough`. Cost: per query about
/// 80 bytes until it is forgotten; nothing when idle.
class Gossip final : public Overlay {
 public:
  Result<QueryId> search(Context& context, const SearchRequest& request) override;
  void cancel(Context& context, QueryId query) override;
  Verdict on_message(Context& context, PeerRef from, const Message& message) override;
  void on_matches(Context& context, LookupToken token, std::span<const PayloadRef> hits,
                  std::uint32_t excess) override;
  void on_dropped(Context& context, PeerRef to, const Message& message) override;

  void on_link_down(Context& context, PeerRef peer) override;
  void on_timer(Context& context) override;
  [[nodiscard]] bool owns(const QueryId& query) const override;
  [[nodiscard]] std::size_t bytes() const override;

 private:
  /// What a peer remembers of a query.
  struct Heard {
    Instant forget_at;
    Instant budget_end;          ///< what comes back later is too late
    PeerRef upstream = kNoPeer;  ///< from whom; kNoPeer: an own search, or that link is gone
    std::uint16_t ttl = 0;   ///< hops left when it came; one more than the search's for an own one
    std::uint16_t hits = 0;  ///< (holder, file) pairs passed on
    std::uint8_t hops = 0;   ///< from the origin to this peer
    std::vector<PeerRef> told;  ///< neighbours that it was told: they may send hits
  };
  /// A search of this peer's user.
  struct Search {
    QueryId query;
    Instant started;
    Instant deadline;
    std::optional<Instant> first_hit;
    std::uint32_t hits = 0;
    std::uint32_t enough = 0;
    std::uint8_t ttl = 0;
    std::vector<FirstHop> first_hops;
  };

  Verdict on_rumour(Context& context, PeerRef from, const Message& message);
  Verdict on_hit(Context& context, PeerRef from, const Message& message);
  void tell_some(Context& context, const QueryId& query, const PayloadRef& body);
  void pass_hit(Context& context, const QueryId& query, const PayloadRef& hit, std::uint8_t hops);
  void lose(Context& context, const QueryId& query, PeerRef peer, FirstHopState how);
  void finish(Context& context, const QueryId& query, EndReason reason);
  Search* search_of(const QueryId& query);
  void expire(Context& context);
  void arm(Context& context, Instant at);

  QueryTable<Heard> heard_;
  std::vector<Search> searches_;
  std::map<std::uint64_t, QueryId> looking_;  ///< open lookups, by token
  std::uint64_t lookups_ = 0;
  Instant armed_ = Instant::max();
};

std::unique_ptr<Overlay> make_gossip(Env& env);

}  // namespace shoal::overlay
