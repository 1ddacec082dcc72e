// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "overlay/flood/course.h"
#include "overlay/flood/flood.h"

namespace shoal::overlay {

/// An overlay whose searches are made of several floods, one after the other; for relays it is
/// Flood under another number.
///
/// The user sees one search: one id, each (holder, file) pair once, one report within one time
/// budget. `complete` in it says that every copy of every flood was answered and that the counts
/// are true. Copies and what became of them are summed over the floods; peers are each counted
/// once, at the least hop. Floods under ids of their own ask the same peers again: then "peers
/// within h hops" are as many as the best of them says, and `complete` also says that they agree
/// about the hops that they have in common, so that nobody came or went between them.
/// Cost: Flood's; per open search about 400 bytes and its course, and for each pair found under a
/// new name 80 more.
class Waves : public Overlay {
 public:
  /// How a search begins. Errors: kInvalidArgument.
  using Chart = Result<Plan> (*)(const Context& context, const SearchRequest& request);

  Waves(OverlayId id, Chart chart) : flood_(id), chart_(chart), id_(id) {}

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
  bool warm_message(unsigned step, MessageKind kind, const QueryId& query) const override {
    return flood_.warm_message(step, kind, query);
  }
  void warm_timer(unsigned step) const override { flood_.warm_timer(step); }

 private:
  /// A pair that was handed out, and by which flood.
  struct Given {
    PeerId holder;
    ContentId content;
    std::uint32_t flood;
  };
  struct Search {
    QueryId flood;  ///< the id of the flood that is open
    PayloadRef body;
    Plan plan;
    Instant started;
    Instant end;
    SearchReport report;                     ///< what is known so far
    EndReason ended = EndReason::kAnswered;  ///< the flood before
    std::optional<EndReason> stopped;        ///< what the open flood was taken back for
    std::uint32_t floods = 0;                ///< that were made
    std::uint8_t horizon = 0;                ///< the TTL of the flood before
    std::vector<Given> given;                ///< where floods are renamed
  };
  /// How much the effects held before a call to flood_: what comes behind is for this class.
  struct Before {
    explicit Before(const Effects& out) : hits(out.hits.size()), finished(out.finished.size()) {}
    std::size_t hits;
    std::size_t finished;
  };

  /// Takes up what the flood found and finished.
  void settle(Context& context, const Before& before);
  void hand_out(Context& context, Search& search, const Found& found);
  /// The hit without what an earlier flood found; empty when nothing is left.
  static PayloadRef only_news(Search& search, const PayloadRef& hit);
  /// Makes the next flood, or ends the search.
  void advance(Context& context, std::size_t at);
  static void fold(Search& search, SearchReport flood);
  void finish(Context& context, std::size_t at, EndReason reason);
  Search* search_of_flood(const QueryId& query);

  Flood flood_;
  std::unique_ptr<std::vector<Search>> searches_;  // null when there are none
  Chart chart_;
  OverlayId id_;
};

}  // namespace shoal::overlay
