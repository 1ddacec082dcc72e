// SPDX-License-Identifier: Apache-2.0
// The watcher of one shard. Internal to this folder.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/engine/observer.h"
#include "sim/measure/ledger.h"

namespace shoal::sim {

/// Counts what the peers of one shard do. Cost: some 10 ns a delivery.
class Tally final : public Observer {
 public:
  explicit Tally(Ledger& ledger) : ledger_(ledger) {}

  void on_delivery(Instant now, PeerRef from, PeerRef to, const Message& message, Verdict verdict,
                   const overlay::Effects& out) override;
  void on_given_back(Instant now, PeerRef from, PeerRef to, const Message& message) override;
  void on_lost(Instant now, PeerRef from, PeerRef to, const Message& message) override;
  void on_found(Instant now, PeerRef origin, const overlay::Found& found) override;
  void on_finished(Instant now, PeerRef origin, const overlay::Finished& finished) override;

 private:
  friend class Ledger;

  // One shard's part of one search.
  struct Part {
    std::uint64_t copies = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t refusals = 0;
    std::uint64_t lost = 0;
    std::uint64_t given_back = 0;
    std::uint64_t lookups = 0;
    std::vector<std::int64_t> by_hop;
    std::vector<std::uint32_t> marked;  // peers with a mark; of more than kMarked only kMarked + 1
  };
  static constexpr std::size_t kMarked = 64;

  void on_query(PeerRef to, const Message& message, const overlay::Effects& out);
  void on_own_copy(PeerRef to, const Message& message, const overlay::Effects& out);
  /// Which open search a query belongs to, or Ledger::kFree.
  [[nodiscard]] std::uint32_t slot_of(const QueryBody& body) const;
  [[nodiscard]] std::uint32_t slot_of(const QueryId& query) const;
  [[nodiscard]] std::uint32_t slot_of(const Message& message) const;
  Part& part(std::uint32_t slot);
  static void note_marked(Part& part, PeerRef peer) {
    if (part.marked.size() <= kMarked) part.marked.push_back(peer.value);
  }

  Ledger& ledger_;
  std::vector<Part> parts_;  // by slot
  Traffic messages_;
  Traffic bytes_;
  Losses losses_;
};

}  // namespace shoal::sim
