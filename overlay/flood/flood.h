// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "overlay/core/overlay.h"
#include "overlay/core/registry.h"
#include "overlay/flood/copies.h"
#include "overlay/flood/seen.h"

namespace shoal::overlay {

/// Knows which neighbours need no copy of a query that has no hop left after them.
class LastHop {
 public:
  virtual ~LastHop() = default;
  /// Neighbours that hold nothing which answers `query`; valid until the next call.
  virtual std::span<const PeerRef> cannot_match(const QueryBody& query) = 0;
};

/// One flood of a search of this peer's user that may be made of several.
struct Wave {
  QueryId query;  ///< flooded before by this peer: then only `deepest` lets it pass again
  PayloadRef body;
  std::uint8_t ttl = 1;                  ///< more than that of any earlier wave over the same link
  Duration budget{};                     ///< at least 1 ms
  std::uint32_t enough = 0;              ///< as in SearchRequest
  std::span<const PeerRef> only;         ///< the neighbours to ask; empty: all
  std::span<const FirstHop> first_hops;  ///< which the report's begin with
};

/// Query flooding with a hop limit (Gnutella Protocol Specification v0.4, "Query"), in which every
/// copy is answered by one echo (Chang, "Echo Algorithms", IEEE TSE 8(4), 1982), so that the origin
/// knows when its search is over and what it reached.
///
/// Two rules for a later copy, chosen by the query: `classic` drops it; `deepest` forwards it again
/// if it has more hops left than any before, so that exactly the peers within TTL hops are asked
/// under every law of delays, for at most TTL copies per link and direction.
/// Differs from Gnutella 0.4: links are kept, hits are signed, answers name their copy, time
/// budgets nest (a child's ends before its parent's), and a search can be taken back. Cost: per
/// query seen about 32 bytes until it is forgotten; per open copy about 100, per copy sent 4.
/// Nothing when idle.
///
/// Other overlays are made of it: under a number of their own, with the copies of a last hop chosen
/// by a LastHop, or with several waves as one search.
class Flood final : public Overlay {
 public:
  /// `last_hop`, if there is one, must outlive it.
  explicit Flood(OverlayId id = kFlood, LastHop* last_hop = nullptr)
      : id_(id), last_hop_(last_hop) {}

  /// The time budget of the search that `request` asks for. Errors: those of search() that need no
  /// look at what is open.
  static Result<Duration> check(const Context& context, const SearchRequest& request);
  /// Sends a wave of a search that check() let pass; it is always taken, so its maker bounds how
  /// many there are. Finished may come within this call. Requires that no wave of `wave.query` is
  /// open.
  void launch(Context& context, const Wave& wave);

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
  bool warm_message(unsigned step, MessageKind kind, const QueryId& query) const override;
  void warm_timer(unsigned step) const override;

 private:
  /// What an own search has beside its Copy.
  struct Search {
    QueryId query;
    CopyIndex copy;
    Instant started;
    std::optional<Instant> first_hit;
    std::uint32_t hits = 0;
    std::uint32_t enough = 0;
    std::vector<FirstHop> first_hops;
  };

  // queries, going down (flood.cc)
  Verdict on_query(Context& context, PeerRef from, const Message& message);
  void ask(Context& context, CopyIndex index);
  void forward(Context& context, CopyIndex index, std::span<const PeerRef> only = {});
  void refuse(Context& context, PeerRef to, const Message& message, MessageKind kind);

  // answers, coming up (flood_answers.cc)
  Verdict on_echo(Context& context, PeerRef from, const Message& message);
  Verdict on_hit(Context& context, PeerRef from, const Message& message);
  Verdict on_cancel(Context& context, PeerRef from, const Message& message);
  void pass_hit(Context& context, CopyIndex index, const PayloadRef& hit, std::uint8_t hops);
  void close_if_answered(Context& context, CopyIndex index);
  void answer(Context& context, CopyIndex index);
  void drop(Context& context, CopyIndex index);
  void cancel_edges(Context& context, CopyIndex index);

  // own searches (flood_search.cc)
  void finish(Context& context, CopyIndex index, EndReason reason);
  void hand_out(Context& context, CopyIndex index, const PayloadRef& hit, std::uint8_t hops);
  void mark_first_hop(CopyIndex index, PeerRef peer, FirstHopState state);
  Search* search_of(CopyIndex index);
  [[nodiscard]] std::size_t searches() const {
    return searches_ == nullptr ? 0 : searches_->size();
  }

  CopyIndex find_copy(const Seen& seen, std::uint16_t ttl);
  /// The copy that was sent on to `to` with `ttl` hops left and is not answered yet, or kNone.
  CopyIndex find_parent(const Seen& seen, PeerRef to, std::uint8_t ttl);
  void release(CopyIndex index);
  void expire(Context& context);
  /// Has the timer fire no later than `deadline`.
  void arm(Context& context, Instant deadline);
  void rest(Context& context);

  // What a repeated query reads stands in front.
  SeenTable seen_;
  OverlayId id_;
  Copies copies_;
  std::unique_ptr<std::vector<Search>> searches_;  // null when there are none
  Instant armed_ = Instant::max();
  LastHop* last_hop_;
};

/// For the registry.
std::unique_ptr<Overlay> make_flood(Env& env);

}  // namespace shoal::overlay
