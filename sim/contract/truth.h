// SPDX-License-Identifier: Apache-2.0
// What really happened in a network, learned by watching it with the dumbest of book-keeping; the
// oracle against which reports are held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/contract/ask.h"
#include "sim/engine/observer.h"

namespace shoal::sim {

/// What happened to one search.
struct SearchTruth {
  /// In its present life: a peer that crashed is a new one afterwards.
  struct Peer {
    std::map<QueryId, std::uint8_t> best_ttl;  ///< a search may go by several ids
    unsigned hop = 0;                          ///< the least
    bool asked = false;
    std::map<QueryId, unsigned> lookups_by_id;
    unsigned lookups = 0;  ///< for the same id, at most
  };
  std::uint32_t origin = 0;
  std::vector<Peer> peers;
  std::vector<Peer> past;  ///< lives that are over, of those that were asked
  bool origin_crashed = false;
  std::uint32_t copies = 0;
  std::uint32_t duplicates = 0;
  std::uint32_t refused = 0;
  std::uint32_t given_back = 0;
  std::uint32_t lost = 0;
  std::uint32_t lookups = 0;
  std::vector<overlay::Found> found;
  std::vector<SearchReport> reports;
  std::vector<Instant> ended;
  unsigned found_after_finished = 0;
  Instant last_traffic{};  ///< last delivery that speaks of it

  /// Peers asked at hops 1..h, in whichever life.
  [[nodiscard]] std::int64_t within(unsigned hops) const;
};

class Truth final : public Observer {
 public:
  Truth(std::size_t peers, std::size_t searches);

  /// Search number `index` is about to be started by `origin`, with a body that bears
  /// mark_of(index).
  void expect(std::size_t index, std::uint32_t origin);
  /// The search last expected was started under that name; or it was not.
  void started(const QueryId& query);
  void refused() { starting_.reset(); }

  void on_delivery(Instant now, PeerRef from, PeerRef to, const Message& message, Verdict verdict,
                   const overlay::Effects& out) override;
  void on_given_back(Instant now, PeerRef from, PeerRef to, const Message& message) override;
  void on_lost(Instant now, PeerRef from, PeerRef to, const Message& message) override;
  void on_lookup(Instant now, PeerRef at, const overlay::Lookup& lookup) override;
  void on_found(Instant now, PeerRef origin, const overlay::Found& found) override;
  void on_finished(Instant now, PeerRef origin, const overlay::Finished& finished) override;
  void on_crash(Instant now, PeerRef peer) override;

  [[nodiscard]] const std::vector<SearchTruth>& searches() const { return searches_; }
  [[nodiscard]] unsigned rejected() const { return rejected_; }
  /// The number of the search that a payload, or a name, belongs to; none: of no expected one.
  [[nodiscard]] std::optional<std::size_t> index_of(const PayloadRef& body) const;
  [[nodiscard]] std::optional<std::size_t> index_of(const QueryId& query) const;

 private:
  SearchTruth* of(const PayloadRef& body);
  SearchTruth* of(const QueryId& query);
  /// Null when it is no copy of a query.
  SearchTruth* of_copy(const Message& message);
  void on_own_copy(PeerRef to, const Message& message, const overlay::Effects& out);

  std::vector<SearchTruth> searches_;
  std::map<QueryId, std::size_t> by_query_;
  unsigned rejected_ = 0;
  std::optional<std::size_t> starting_;  ///< has no name yet
};

}  // namespace shoal::sim
