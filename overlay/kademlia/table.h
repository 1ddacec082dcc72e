// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <boost/container/static_vector.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "overlay/core/env.h"
#include "overlay/kademlia/point.h"
#include "proto/types/bodies.h"
#include "proto/types/ids.h"
#include "proto/types/limits.h"
#include "proto/types/rng.h"
#include "proto/types/time.h"

namespace shoal::overlay::kademlia {

/// Where a part of the overlay says which handles it keeps and gives up: Effects::kept and let_go.
struct Refs {
  std::vector<PeerRef>& kept;
  std::vector<PeerRef>& let_go;
};

/// Whom this peer knows (Kademlia, sections 2.2, 2.4 and 4.1): for each number of leading bits in
/// common with its own id a bucket of at most k contacts, and a few that wait for a place.
///
/// A contact that answers is never put out for a newcomer; the newcomer waits. One that left
/// requests unanswered gives its place to the one that waits and was heard last, or keeps it, named
/// to nobody, while nobody waits.
/// Differs from the paper: buckets are not split but there is one for each bit from the start, made
/// when first used; a bucket is in the order of ids, so that its nearest stand together, and when
/// each contact was heard last is kept as a time beside it.
/// Cost: 16 bytes a contact; of an id its first 64 bits are kept here, the rest is asked of the
/// driver where two agree in them.
class Table {
 public:
  Table(const Point& self, std::size_t k) : self_(self), k_(k) {}

  enum class Heard : std::uint8_t {
    kKnown,
    kAdded,
    kWaits,   ///< its bucket is full
    kIgnored  ///< that is this peer itself
  };
  /// `peer` proved to live: it sent something that only it can have sent.
  Heard heard(PeerRef peer, const Point& at, Instant now, Refs refs);
  /// `peer` left a request unanswered; `certain` when it is known that nobody is there.
  void failed(PeerRef peer, const Point& at, bool certain, Refs refs);
  /// Whom to ping when `at` waits for a place: the contact of its bucket that was silent longest,
  /// if that is kKademliaQuestionable at least.
  std::optional<PeerRef> questionable(const Point& at, Instant now);

  /// Writes the k contacts nearest to `target` there, without `except` and without those that are
  /// stale, in any order; returns the end. Requires that there is room for k.
  shoal::Contact* name_nearest(const Point& target, PeerRef except, EnvSource& source,
                               shoal::Contact* into) const;
  /// The same, nearest first. With `stale_too` those that are stale follow behind, if there are
  /// less than `n`.
  void nearest(const Point& target, std::size_t n, PeerRef except, bool stale_too,
               EnvSource& source, std::vector<PeerRef>& into) const;

  // ---- refreshing ----------------------------------------------------------------------------
  /// Something near `target` was looked up.
  void looked_up(const Point& target, Instant now);
  /// Of the first `buckets` the one whose last lookup is longest ago, if there is one.
  struct Due {
    std::size_t bucket;
    Instant at;
  };
  [[nodiscard]] std::optional<Due> next_refresh(std::size_t buckets) const;
  /// A random point of that bucket.
  [[nodiscard]] Point point_in(std::size_t bucket, Rng& rng) const;

  /// Has the processor fetch what heard() will read for a peer whose id begins so.
  void warm_heard(std::uint64_t prefix) const;
  /// The same for the nearest to such a target.
  void warm_nearest(std::uint64_t prefix) const;

  [[nodiscard]] const Point& self() const { return self_; }
  [[nodiscard]] std::size_t size() const { return contacts_.size(); }
  [[nodiscard]] std::size_t buckets() const { return rows_.size(); }
  /// Whether less than a quarter of that bucket is taken.
  [[nodiscard]] bool sparse(std::size_t bucket) const {
    return bucket >= rows_.size() || 4 * in(bucket).size() < k_;
  }
  /// Contacts in that bucket, and those that wait for it.
  [[nodiscard]] std::vector<PeerRef> contacts(std::size_t bucket) const;
  [[nodiscard]] std::vector<PeerRef> waiting(std::size_t bucket) const;
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Contact {
    static constexpr std::uint32_t kSeconds = 0xff'ffff;

    Contact(PeerRef who, const Point& at, Instant now)
        : prefix(at.words[0]), peer(who), seen_s(seconds(now) & kSeconds), failures(0) {}
    static std::uint32_t seconds(Instant at) {
      const auto since = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch());
      return static_cast<std::uint32_t>(since.count()) & kSeconds;
    }
    [[nodiscard]] bool stale() const { return failures >= limits::kKademliaStale; }
    /// Whole seconds; after half a year it begins anew, and then a ping is made later than it might
    /// be.
    [[nodiscard]] std::uint32_t silent_s(Instant now) const {
      return (seconds(now) - seen_s) & kSeconds;
    }
    void answered(Instant now) {
      seen_s = seconds(now) & kSeconds;
      failures = 0;
    }
    void failed(unsigned times) { failures = std::min(failures + times, 255U) & 0xffU; }

    std::uint64_t prefix;  ///< of its id
    PeerRef peer;
    std::uint32_t seen_s : 24;
    std::uint32_t failures : 8;  ///< in a row
  };
  static_assert(sizeof(Contact) == 16);
  /// What a bucket has beside its contacts.
  struct Row {
    std::uint32_t heard_s = 0;  ///< of no contact it is earlier
    bool stale = false;         ///< a contact may be
    boost::container::static_vector<Contact, limits::kKademliaWaiting>
        waiting;  ///< the one heard last at the end
    Instant looked_up{};
  };
  class Order;
  class Nearest;

  [[nodiscard]] std::span<Contact> in(std::size_t bucket) {
    return {contacts_.data() + begins_[bucket], contacts_.data() + begins_[bucket + 1]};
  }
  [[nodiscard]] std::span<const Contact> in(std::size_t bucket) const {
    return {contacts_.data() + begins_[bucket], contacts_.data() + begins_[bucket + 1]};
  }
  void grow(std::size_t buckets, Instant now);
  Contact* find(std::size_t bucket, PeerRef peer, std::uint64_t prefix);
  void add(std::size_t bucket, const Contact& newcomer);
  void exchange(std::size_t bucket, Contact& old, const Contact& newcomer);
  void drop(std::size_t bucket, const Contact& gone);
  void wait_for_place(Row& row, const Contact& newcomer, Refs refs);
  void gather_nearest(const Point& target, std::size_t n, PeerRef except, bool stale,
                      EnvSource& source, std::vector<PeerRef>& into) const;
  bool give_place(std::size_t bucket, const Contact& to, Refs refs);
  [[nodiscard]] bool anybody_answers() const;

  // In the order of how often they are looked at. Where a bucket's contacts begin; one more at the
  // end. Buckets lie one behind the other, since those near this peer are small and looked through
  // together.
  Point self_;
  std::vector<Contact> contacts_;
  std::vector<Row> rows_;
  boost::container::small_vector<std::uint16_t, 28> begins_;
  std::size_t k_;
};

}  // namespace shoal::overlay::kademlia
