// SPDX-License-Identifier: Apache-2.0
// Table: whom it knows that is nearest to something.
#include <algorithm>
#include <bit>
#include <boost/container/small_vector.hpp>

#include "overlay/kademlia/faults.h"
#include "overlay/kademlia/table.h"

namespace shoal::overlay::kademlia {

/// Numbers of buckets, the one whose peers are nearest to a target first.
///
/// The peers of bucket i differ from this one in bit i first. If the target does too, they are
/// nearer to it than this peer is, and than all peers of deeper buckets, which do not; else they
/// are farther than these. So those come first whose bit is set in the distance between this peer
/// and the target, the lowest number before the others, and then the rest, the highest first.
class Table::Order {
 public:
  Order(const Point& distance, std::size_t buckets) : distance_(distance), buckets_(buckets) {}

  /// The next one; `buckets` when there is none.
  std::size_t next() {
    if (!outwards_) {
      const std::size_t bit = first_set(at_);
      at_ = std::min(bit + 1, buckets_);
      if (bit < buckets_) return bit;
      outwards_ = true;
    }
    at_ = behind_last_unset(at_);
    return at_ > 0 ? --at_ : buckets_;
  }

 private:
  // A word at a time: which bits are set nobody can guess, a processor neither.

  /// Of the bits from `from` on; not below `buckets_` when there is none.
  [[nodiscard]] std::size_t first_set(std::size_t from) const {
    while (from < buckets_) {
      const std::uint64_t bits = distance_.words[from / 64] << from % 64;
      if (bits != 0) return from + static_cast<std::size_t>(std::countl_zero(bits));
      from += 64 - from % 64;
    }
    return buckets_;
  }
  /// Of the bits before `end`; 0 when there is none.
  [[nodiscard]] std::size_t behind_last_unset(std::size_t end) const {
    while (end > 0) {
      const std::size_t last = end - 1;
      const std::uint64_t bits = ~distance_.words[last / 64] >> (63 - last % 64);
      if (bits != 0) return end - static_cast<std::size_t>(std::countr_zero(bits));
      end = last - last % 64;
    }
    return 0;
  }

  Point distance_;
  std::size_t buckets_;
  std::size_t at_ = 0;
  bool outwards_ = false;
};

/// Contacts nearest to a target, of one bucket after the other; stale ones only, or only others.
class Table::Nearest {
 public:
  Nearest(const Point& target, PeerRef except, bool stale, EnvSource& source)
      : target_(target), except_(except), stale_(stale), source_(source) {}

  /// Passes the `n` nearest of a bucket to `take`, in any order, and others meanwhile, with whether
  /// it is one of them; how many there were. So many are passed after fewer than `n` at any time.
  template <class Take>
  std::size_t take(std::span<const Contact> bucket, std::size_t n, Take take) const {
    if (bucket.size() <= n) return take_all(bucket, take);
    if (n == 0) return 0;
    // Whose ids begin alike stand together, so the nearer ones are on one side.
    const std::uint64_t differ = bucket.front().prefix ^ bucket.back().prefix;
    if (differ == 0) return take_alike(bucket, n, take);
    const std::uint64_t bit = std::bit_floor(differ);
    std::size_t low = 0;  // counted, not looked for: few, and where they end nobody can guess
    for (const Contact& contact : bucket) low += (contact.prefix & bit) == 0 ? 1 : 0;
    const bool high_first = (target_.words[0] & bit) != 0;
    const auto near = high_first ? bucket.subspan(low) : bucket.first(low);
    const auto far = high_first ? bucket.first(low) : bucket.subspan(low);
    const std::size_t taken = this->take(near, n, take);
    return taken < n ? taken + this->take(far, n - taken, take) : taken;
  }
  [[nodiscard]] bool nearer(const Contact& a, const Contact& b) const {
    const std::uint64_t far_a = a.prefix ^ target_.words[0];
    const std::uint64_t far_b = b.prefix ^ target_.words[0];
    if (far_a != far_b) return far_a < far_b;
    return distance(point_of(source_.id_of(a.peer)), target_) <
           distance(point_of(source_.id_of(b.peer)), target_);
  }

 private:
  [[nodiscard]] bool wanted(const Contact& contact) const {  // without branches
    return (static_cast<unsigned>(contact.peer != except_) &
            static_cast<unsigned>(contact.stale() == stale_)) != 0;
  }
  template <class Take>
  std::size_t take_all(std::span<const Contact> contacts, Take take) const {
    std::size_t taken = 0;
    for (const Contact& contact : contacts) {
      const bool wants = wanted(contact);
      take(contact, wants);
      taken += wants ? 1 : 0;
    }
    return taken;
  }
  /// Of contacts whose ids agree in their first 64 bits.
  template <class Take>
  std::size_t take_alike(std::span<const Contact> contacts, std::size_t n, Take take) const {
    boost::container::small_vector<Contact, limits::kKademliaK> alike;
    take_all(contacts, [&](const Contact& contact, bool wants) {
      if (wants) alike.push_back(contact);
    });
    std::ranges::sort(alike, [this](const Contact& a, const Contact& b) { return nearer(a, b); });
    const std::size_t count = std::min(n, alike.size());
    std::for_each_n(alike.begin(), count, [&](const Contact& contact) { take(contact, true); });
    return count;
  }

  const Point& target_;
  PeerRef except_;
  bool stale_;
  EnvSource& source_;
};

shoal::Contact* Table::name_nearest(const Point& target, PeerRef except, EnvSource& source,
                                    shoal::Contact* into) const {
  const Nearest nearest(target, except, false, source);
  Order order(distance(self_, target), rows_.size());
  std::size_t left = k_;
  for (std::size_t i = order.next(); i < rows_.size() && left > 0; i = order.next()) {
    // Written in any case: a contact that is not wanted is written over by the next.
    left -= nearest.take(in(i), left, [&into](const Contact& c, bool wants) {
      *into = {c.peer};
      into += wants ? 1 : 0;
    });
  }
  return into;
}

void Table::gather_nearest(const Point& target, std::size_t n, PeerRef except, bool stale,
                           EnvSource& source, std::vector<PeerRef>& into) const {
  const unsigned place = common_prefix(self_, target);
  const Nearest nearest(target, except, stale, source);
  Order order(distance(self_, target), rows_.size());
  boost::container::small_vector<Contact, limits::kKademliaK> some;
  std::size_t left = n;
  for (std::size_t i = order.next(); i < rows_.size() && left > 0; i = order.next()) {
    if (i > place && planted(Fault::kForgetDeeperBuckets)) continue;
    some.clear();
    left -= nearest.take(in(i), left, [&some](const Contact& c, bool wants) {
      if (wants) some.push_back(c);
    });
    std::ranges::sort(some,
                      [&](const Contact& a, const Contact& b) { return nearest.nearer(a, b); });
    for (const Contact& contact : some) into.push_back(contact.peer);
  }
}

void Table::nearest(const Point& target, std::size_t n, PeerRef except, bool stale_too,
                    EnvSource& source, std::vector<PeerRef>& into) const {
  const std::size_t before = into.size();
  gather_nearest(target, n, except, false, source, into);
  const std::size_t found = into.size() - before;
  if (stale_too && found < n) gather_nearest(target, n - found, except, true, source, into);
}

}  // namespace shoal::overlay::kademlia
