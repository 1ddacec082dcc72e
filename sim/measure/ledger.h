// SPDX-License-Identifier: Apache-2.0
// START HERE: what is known of a run's searches.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "proto/types/bodies.h"
#include "proto/types/ids.h"
#include "proto/types/report.h"
#include "proto/types/time.h"

namespace shoal::sim {

class Tally;

/// What the network did about one search, as watched from outside; the overlay's own report beside
/// it.
struct SearchRecord {
  std::uint32_t origin = 0;
  std::uint32_t file = 0;  ///< kNoFile: it wants what nobody has
  Instant started{};
  bool refused = false;  ///< the origin is away, or its node did not start it

  // Ground truth at the start.
  std::uint64_t ball = 0;             ///< live peers that its TTL lets it ask
  std::uint64_t holders_in_ball = 0;  ///< of these: who hold the file
  std::uint64_t holders = 0;          ///< live holders anywhere, the origin left out
  std::uint32_t present = 0;          ///< live peers; 0: the origin is away

  // What was seen.
  std::vector<std::int64_t> reach_by_hop;  ///< peers asked, by their distance; [0] is hop 1
  std::uint64_t copies = 0;
  std::uint64_t duplicates = 0;  ///< useless repeats
  std::uint64_t refusals = 0;    ///< copies refused by a peer at a limit
  std::uint64_t lost = 0;        ///< copies whose link went down under them
  std::uint64_t given_back = 0;  ///< copies that never left
  std::uint64_t lookups = 0;     ///< times that a peer looked among its files
  std::uint32_t found = 0;       ///< (holder, file) pairs that reached the origin
  std::optional<Duration> first_hit;
  std::optional<Duration> last_hit;
  std::optional<SearchReport> report;

  [[nodiscard]] std::uint64_t reach() const;
};

/// Query ids of one run: drawn by its peers, so no secret is needed to spread them.
struct QueryIdHash {
  std::size_t operator()(const QueryId& id) const {
    return static_cast<std::size_t>(id.high ^ (id.low * 0x9e37'79b9'7f4a'7c15ULL));
  }
};

/// Messages by kind, and their bytes on the wire.
struct Traffic {
  std::uint64_t queries = 0;
  std::uint64_t echoes = 0;
  std::uint64_t hits = 0;
  std::uint64_t others = 0;
  friend bool operator==(const Traffic&, const Traffic&) = default;
  Traffic& operator+=(const Traffic& other);
};

/// Messages that did not arrive, or were not taken.
struct Losses {
  Traffic given_back;
  Traffic lost;
  std::uint64_t rejected = 0;
  Losses& operator+=(const Losses& other);
};

/// Book-keeping over all shards of one run. A search is opened before it starts and closed when
/// nothing of it can be on its way any more; what one tally per shard counted is summed then, so
/// results depend on neither shards nor threads.
///
/// Threads: all calls between windows; tallies write to their own counts and their own peers'
/// marks. Cost: 4 bytes a peer, and 2 more for each search open at once.
class Ledger {
 public:
  explicit Ledger(std::uint32_t peers);
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  ~Ledger();

  /// For Engine::measure(); owned by the ledger.
  Tally* tally_of(std::uint32_t shard);

  /// Makes room for a search of that TTL and marks `body` as its own. Returns its number; numbers
  /// are given from 0 on.
  std::uint32_t open(const SearchRecord& record, std::uint8_t ttl, QueryBody& body);
  /// The search opened last was started under that name.
  void started(const QueryId& query);
  /// The search opened last was not started.
  void refused();
  /// Gathers what is known of it. Requires that it is open.
  void close(std::uint32_t search);

  [[nodiscard]] bool finished(std::uint32_t search) const {
    return records_[search].report.has_value() || records_[search].refused;
  }
  [[nodiscard]] const std::vector<SearchRecord>& records() const { return records_; }
  [[nodiscard]] std::size_t open_searches() const { return open_; }

  [[nodiscard]] Traffic messages() const;
  [[nodiscard]] Traffic bytes() const;
  [[nodiscard]] Losses losses() const;
  /// Messages that each peer took in.
  [[nodiscard]] const std::vector<std::uint32_t>& loads() const { return loads_; }

 private:
  friend class Tally;
  static constexpr std::uint32_t kFree = 0xffff'ffffU;

  struct Slot {
    std::uint32_t search = kFree;
    std::uint8_t ttl = 0;
    std::uint32_t body_bytes = 0;
    // By peer: most hops left of any copy so far; 0: not asked, and all are while it is free.
    std::vector<std::uint8_t> marks;
    std::vector<std::uint8_t> hops;  // by peer that was asked: the least it was away, less one
  };

  static void wipe(std::vector<std::uint8_t>& marks, const std::vector<std::uint32_t>& marked);
  SearchRecord* record_of(const QueryId& query);

  std::uint32_t peers_;
  std::vector<std::unique_ptr<Tally>> tallies_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<std::uint32_t> slot_of_;  // by search
  std::vector<SearchRecord> records_;
  boost::unordered_flat_map<QueryId, std::uint32_t, QueryIdHash> by_query_;
  std::vector<std::uint32_t> loads_;
  std::optional<std::uint32_t> starting_;
  std::size_t open_ = 0;
};

}  // namespace shoal::sim
