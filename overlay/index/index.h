// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "overlay/flood/flood.h"
#include "overlay/index/filter.h"

namespace shoal::overlay {

/// A flood whose last hop goes only where it can match: each peer tells its neighbours by a Bloom
/// filter which keywords and content ids it shares (Rohrs, "Query Routing for the Gnutella Network"
/// v1.0, 2002, kept to one hop as ultrapeers kept it for their leaves).
///
/// A neighbour is spared when a query has no hop left after it and its filter lacks a word, or the
/// content id. What a filter says concerns its sender only and is never passed on, so one that lies
/// costs the savings of its own link: all ones are asked always, all zeros hide the liar.
/// A filter is withdrawn as soon as what is shared changes, and sent anew kIndexRebuildTime later;
/// until the word of it is there, no longer than one link takes, a new file may not be found over
/// that last hop. A neighbour without a filter is always asked.
/// Differs from QRP: no tables of routes that spread further than a hop; blocked filters of a size
/// that fits instead of one hash in 65,536 bits; sent whole, not as patches.
/// Cost: Flood's; a filter of 64 bytes to 8 KiB of its own and for each neighbour.
class Index final : public Overlay, private LastHop {
 public:
  Index() : flood_(kIndex, this) {}

  void on_start(Context& context) override;
  Result<QueryId> search(Context& context, const SearchRequest& request) override;
  void cancel(Context& context, QueryId query) override;
  Verdict on_message(Context& context, PeerRef from, const Message& message) override;
  void on_matches(Context& context, LookupToken token, std::span<const PayloadRef> hits,
                  std::uint32_t excess) override;
  void on_dropped(Context& context, PeerRef to, const Message& message) override;
  void on_shares(Context& context, LookupToken token, std::span<const SharedFile> files,
                 bool more) override;
  void on_shares_changed(Context& context) override;
  void on_link_up(Context& context, PeerRef peer) override;
  void on_link_down(Context& context, PeerRef peer) override;
  void on_timer(Context& context) override;
  [[nodiscard]] bool owns(const QueryId& query) const override { return flood_.owns(query); }
  [[nodiscard]] std::size_t bytes() const override;
  bool warm_message(unsigned step, MessageKind kind, const QueryId& query) const override {
    return flood_.warm_message(step, kind, query);
  }
  void warm_timer(unsigned step) const override { flood_.warm_timer(step); }

 private:
  struct Neighbour {
    PeerRef peer;
    Filter filter;
  };

  std::span<const PeerRef> cannot_match(const QueryBody& query) override;

  // its own filter
  void list(Context& context, const ContentId& after);
  void publish(Context& context);
  void send_filter(Context& context, PeerRef to) const;
  void withdraw(Context& context);
  void rebuild_at(Context& context, Instant at);

  // that of others
  Verdict on_filter(Context& context, PeerRef from, const Message& message);
  /// False when it had none.
  bool forget(PeerRef peer);

  /// Calls the flood, whose timer is this overlay's.
  template <class Call>
  auto flood(Context& context, Call call);
  void arm(Context& context);

  Flood flood_;
  std::vector<Neighbour> neighbours_;             // in the order in which they sent one
  std::vector<PeerRef> spared_;                   // by the last cannot_match()
  std::optional<Filter> own_;                     // what neighbours have
  std::unique_ptr<std::vector<Keyword>> listed_;  // while what is shared is listed
  std::uint32_t listing_ = 0;
  bool changed_ = false;  // since the listing began
  Instant flood_at_ = Instant::max();
  Instant rebuild_at_ = Instant::max();
  Instant armed_ = Instant::max();
};

/// For the registry.
std::unique_ptr<Overlay> make_index(Env& env);

}  // namespace shoal::overlay
