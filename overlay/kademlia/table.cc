// SPDX-License-Identifier: Apache-2.0
#include "overlay/kademlia/table.h"

#include <algorithm>
#include <bit>
#include <boost/container/small_vector.hpp>

#include "overlay/kademlia/faults.h"
#include "proto/types/assert.h"

namespace shoal::overlay::kademlia {

Table::Heard Table::heard(PeerRef peer, const Point& at, Instant now, Refs refs) {
  const unsigned place = common_prefix(self_, at);
  if (place == kPointBits) return Heard::kIgnored;
  if (place >= rows_.size()) grow(place + 1, now);
  const std::span<Contact> bucket = in(place);
  const auto known = std::ranges::find(bucket, peer, &Contact::peer);
  if (known != bucket.end()) {
    known->answered(now);
    return Heard::kKnown;
  }
  Row& row = rows_[place];
  const Contact newcomer(peer, at, now);
  const bool full = bucket.size() >= k_;
  if (full && !planted(Fault::kEvictTheLiving)) {
    if (give_place(place, newcomer, refs)) return Heard::kAdded;
    wait_for_place(row, newcomer, refs);
    return Heard::kWaits;
  }
  const auto waited = std::ranges::find(row.waiting, peer, &Contact::peer);
  if (waited != row.waiting.end()) {
    row.waiting.erase(waited);
  } else {
    refs.kept.push_back(peer);
  }
  if (full) {
    refs.let_go.push_back(bucket.front().peer);
    bucket.front() = newcomer;
    return Heard::kAdded;
  }
  add(place, newcomer);
  return Heard::kAdded;
}

void Table::grow(std::size_t buckets, Instant now) {
  const std::size_t before = rows_.size();
  rows_.reserve(buckets);
  rows_.resize(buckets);
  // What nobody was known of is not overdue.
  for (std::size_t i = before; i < buckets; ++i) rows_[i].looked_up = now;
  begins_.resize(buckets + 1, static_cast<std::uint16_t>(contacts_.size()));
}

void Table::add(std::size_t bucket, const Contact& newcomer) {
  constexpr std::size_t kRoom = 32;  // not twice as many: most tables grow no more
  if (contacts_.size() == contacts_.capacity()) contacts_.reserve(contacts_.size() + kRoom);
  contacts_.insert(contacts_.begin() + begins_[bucket + 1], newcomer);
  for (std::size_t i = bucket + 1; i < begins_.size(); ++i) ++begins_[i];
}

void Table::drop(std::size_t bucket, const Contact& gone) {
  contacts_.erase(contacts_.begin() + (&gone - contacts_.data()));
  for (std::size_t i = bucket + 1; i < begins_.size(); ++i) --begins_[i];
}

/// Puts a newcomer into the place of a stale contact, if there is one.
bool Table::give_place(std::size_t bucket, const Contact& to, Refs refs) {
  const auto worst = std::ranges::max_element(
      in(bucket), {}, [](const Contact& contact) -> unsigned { return contact.failures; });
  if (!worst->stale()) return false;
  auto& waiting = rows_[bucket].waiting;
  const auto waited = std::ranges::find(waiting, to.peer, &Contact::peer);
  if (waited != waiting.end()) {
    waiting.erase(waited);
  } else {
    refs.kept.push_back(to.peer);
  }
  refs.let_go.push_back(worst->peer);
  *worst = to;
  return true;
}

void Table::wait_for_place(Row& row, const Contact& newcomer, Refs refs) {
  const auto waited = std::ranges::find(row.waiting, newcomer.peer, &Contact::peer);
  if (waited != row.waiting.end()) {
    row.waiting.erase(waited);
  } else {
    refs.kept.push_back(newcomer.peer);
    if (row.waiting.size() >= limits::kKademliaWaiting) {
      refs.let_go.push_back(row.waiting.front().peer);
      row.waiting.erase(row.waiting.begin());
    }
  }
  row.waiting.push_back(newcomer);
}

void Table::failed(PeerRef peer, const Point& at, bool certain, Refs refs) {
  const unsigned place = common_prefix(self_, at);
  if (place >= rows_.size()) return;
  auto& waiting = rows_[place].waiting;
  const auto waited = std::ranges::find(waiting, peer, &Contact::peer);
  if (waited != waiting.end()) {
    refs.let_go.push_back(peer);
    waiting.erase(waited);
    return;
  }
  const std::span<Contact> bucket = in(place);
  const auto known = std::ranges::find(bucket, peer, &Contact::peer);
  if (known == bucket.end()) return;
  known->failed(certain ? limits::kKademliaStale : 1U);
  if (!known->stale() || planted(Fault::kKeepTheDead)) return;
  if (!waiting.empty()) {
    refs.let_go.push_back(peer);
    *known = waiting.back();
    waiting.pop_back();
  } else if (known->failures >= limits::kKademliaGone && anybody_answers()) {
    // While nobody answers it is this peer that is cut off, and it will need them.
    refs.let_go.push_back(peer);
    drop(place, *known);
  }
}

bool Table::anybody_answers() const {
  return std::ranges::any_of(contacts_, [](const Contact& c) { return c.failures == 0; });
}

std::optional<PeerRef> Table::questionable(const Point& at, Instant now) const {
  const unsigned place = common_prefix(self_, at);
  if (place >= rows_.size() || in(place).size() < k_) return std::nullopt;
  const auto oldest = std::ranges::max_element(
      in(place), {}, [&](const Contact& contact) { return contact.silent_s(now); });
  if (std::chrono::seconds(oldest->silent_s(now)) < limits::kKademliaQuestionable) {
    return std::nullopt;
  }
  return oldest->peer;
}

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
      while (at_ < buckets_ && !set(at_)) ++at_;
      if (at_ < buckets_) return at_++;
      outwards_ = true;
    }
    while (at_ > 0 && set(at_ - 1)) --at_;
    return at_ > 0 ? --at_ : buckets_;
  }

 private:
  [[nodiscard]] bool set(std::size_t bit) const {
    return (distance_.words[bit / 64] >> (63 - bit % 64) & 1U) != 0;
  }

  Point distance_;
  std::size_t buckets_;
  std::size_t at_ = 0;
  bool outwards_ = false;
};

/// Contacts of one bucket, until it is known which of them are nearest.
struct Table::Group {
  struct Member {
    std::uint64_t distance;
    PeerRef peer;
  };
  boost::container::small_vector<Member, limits::kKademliaK> members;
  const Point& target;
  EnvSource& source;

  void gather(std::span<const Contact> bucket, PeerRef except, bool stale) {
    for (const Contact& contact : bucket) {
      if (contact.peer == except || contact.stale() != stale) continue;
      members.push_back({contact.prefix ^ target.words[0], contact.peer});
    }
  }
  void move_nearest(std::size_t n, bool sorted, std::vector<PeerRef>& into) {
    const auto nearer = [&](const Member& a, const Member& b) {
      if (a.distance != b.distance) return a.distance < b.distance;
      return distance(point_of(source.id_of(a.peer)), target) <
             distance(point_of(source.id_of(b.peer)), target);
    };
    if (sorted) {
      std::sort(members.begin(), members.end(), nearer);
    } else if (members.size() > n) {
      std::nth_element(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(n),
                       members.end(), nearer);
    }
    const std::size_t count = std::min(n, members.size());
    for (std::size_t i = 0; i < count; ++i) into.push_back(members[i].peer);
    members.clear();
  }
};

void Table::gather_nearest(const Point& target, std::size_t n, PeerRef except, bool stale,
                           bool sorted, EnvSource& source, std::vector<PeerRef>& into) const {
  const std::size_t most = into.size() + n;
  const unsigned place = common_prefix(self_, target);
  Group group{{}, target, source};
  Order order(distance(self_, target), rows_.size());
  for (std::size_t i = order.next(); i < rows_.size() && into.size() < most; i = order.next()) {
    if (i > place && planted(Fault::kForgetDeeperBuckets)) continue;
    group.gather(in(i), except, stale);
    group.move_nearest(most - into.size(), sorted, into);
  }
}

void Table::name_nearest(const Point& target, std::size_t n, PeerRef except, EnvSource& source,
                         std::vector<PeerRef>& into) const {
  gather_nearest(target, n, except, false, false, source, into);
}

void Table::nearest(const Point& target, std::size_t n, PeerRef except, bool stale_too,
                    EnvSource& source, std::vector<PeerRef>& into) const {
  const std::size_t before = into.size();
  gather_nearest(target, n, except, false, true, source, into);
  const std::size_t found = into.size() - before;
  if (stale_too && found < n) gather_nearest(target, n - found, except, true, true, source, into);
}

void Table::looked_up(const Point& target, Instant now) {
  const unsigned place = common_prefix(self_, target);
  if (place < rows_.size()) rows_[place].looked_up = now;
}

std::optional<Table::Due> Table::next_refresh(std::size_t buckets) const {
  const auto end = rows_.begin() + static_cast<std::ptrdiff_t>(std::min(buckets, rows_.size()));
  const auto oldest = std::ranges::min_element(rows_.begin(), end, {}, &Row::looked_up);
  if (oldest == end) return std::nullopt;
  return Due{static_cast<std::size_t>(oldest - rows_.begin()), oldest->looked_up};
}

Point Table::point_in(std::size_t bucket, Rng& rng) const {
  SHOAL_ASSERT(bucket < kPointBits);
  Point point;
  for (std::size_t bit = 0; bit < point.words.size(); ++bit) point.words[bit] = rng.next();
  for (std::size_t bit = 0; bit <= bucket; ++bit) {
    const std::uint64_t mask = std::uint64_t{1} << (63 - bit % 64);
    const std::uint64_t own = self_.words[bit / 64] & mask;
    point.words[bit / 64] = (point.words[bit / 64] & ~mask) | (bit == bucket ? own ^ mask : own);
  }
  return point;
}

std::vector<PeerRef> Table::contacts(std::size_t bucket) const {
  std::vector<PeerRef> peers;
  for (const Contact& contact : in(bucket)) peers.push_back(contact.peer);
  return peers;
}

std::vector<PeerRef> Table::waiting(std::size_t bucket) const {
  std::vector<PeerRef> peers;
  for (const Contact& contact : rows_[bucket].waiting) peers.push_back(contact.peer);
  return peers;
}

// ---- fetching ahead ----------------------------------------------------------------------------

namespace {

constexpr std::size_t kLine = 64;

void warm_all(const void* begin, const void* end) {
  for (const auto* at = static_cast<const char*>(begin); at < end; at += kLine) {
    __builtin_prefetch(at);
  }
}

std::size_t place_of(std::uint64_t differ) {
  return static_cast<std::size_t>(std::countl_zero(differ | 1));
}

}  // namespace

void Table::warm_heard(std::uint64_t prefix) const {
  const std::size_t place = place_of(prefix ^ self_.words[0]);
  if (place >= rows_.size()) return;
  const Row* const row = rows_.data() + place;
  warm_all(contacts_.data() + begins_[place], contacts_.data() + begins_[place + 1]);
  warm_all(row, row + 1);
}

void Table::warm_nearest(std::uint64_t prefix) const {
  if (rows_.empty()) return;
  const std::size_t place = std::min(place_of(prefix ^ self_.words[0]), rows_.size() - 1);
  const Contact* const all = contacts_.data();
  // Deep buckets are small, and looked through together.
  const std::size_t first = begins_[place];
  warm_all(all + first, all + std::min(first + 2 * k_, contacts_.size()));
  if (contacts_.size() - first < k_ && place > 0) {
    warm_all(all + begins_[place - 1], all + first);
  }
}

std::size_t Table::bytes() const {
  return contacts_.capacity() * sizeof(Contact) + rows_.capacity() * sizeof(Row) +
         (begins_.capacity() > 28 ? begins_.capacity() * sizeof(begins_[0]) : 0);
}

}  // namespace shoal::overlay::kademlia
