// SPDX-License-Identifier: Apache-2.0
#include "overlay/kademlia/table.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>

#include "overlay/kademlia/faults.h"
#include "proto/types/assert.h"

namespace shoal::overlay::kademlia {

Table::Heard Table::heard(PeerRef peer, const Point& at, Instant now, Refs refs) {
  const unsigned place = common_prefix(self_, at);
  if (place == kPointBits) return Heard::kIgnored;
  if (place >= buckets_.size()) {
    const std::size_t before = buckets_.size();
    buckets_.resize(place + 1);
    // What nobody was known of is not overdue.
    for (std::size_t i = before; i < buckets_.size(); ++i) buckets_[i].looked_up = now;
  }
  Bucket& bucket = buckets_[place];
  const auto known = std::ranges::find(bucket.contacts, peer, &Contact::peer);
  if (known != bucket.contacts.end()) {
    known->seen = now;
    known->failures = 0;
    return Heard::kKnown;
  }
  const Contact newcomer{at.words[0], now, peer};
  const bool full = bucket.contacts.size() >= k_;
  if (full && !planted(Fault::kEvictTheLiving)) {
    if (give_place(bucket, newcomer, refs)) return Heard::kAdded;
    wait_for_place(bucket, newcomer, refs);
    return Heard::kWaits;
  }
  const auto waited = std::ranges::find(bucket.waiting, peer, &Contact::peer);
  if (waited != bucket.waiting.end()) {
    bucket.waiting.erase(waited);
  } else {
    refs.kept.push_back(peer);
  }
  if (full) {
    refs.let_go.push_back(bucket.contacts.front().peer);
    bucket.contacts.front() = newcomer;
    return Heard::kAdded;
  }
  bucket.contacts.push_back(newcomer);
  ++size_;
  return Heard::kAdded;
}

/// Puts a newcomer into the place of a stale contact, if there is one.
bool Table::give_place(Bucket& bucket, const Contact& to, Refs refs) {
  const auto worst = std::ranges::max_element(bucket.contacts, {}, &Contact::failures);
  if (!worst->stale()) return false;
  const auto waited = std::ranges::find(bucket.waiting, to.peer, &Contact::peer);
  if (waited != bucket.waiting.end()) {
    bucket.waiting.erase(waited);
  } else {
    refs.kept.push_back(to.peer);
  }
  refs.let_go.push_back(worst->peer);
  *worst = to;
  return true;
}

void Table::wait_for_place(Bucket& bucket, Contact newcomer, Refs refs) {
  const auto waited = std::ranges::find(bucket.waiting, newcomer.peer, &Contact::peer);
  if (waited != bucket.waiting.end()) {
    bucket.waiting.erase(waited);
  } else {
    refs.kept.push_back(newcomer.peer);
    if (bucket.waiting.size() >= limits::kKademliaWaiting) {
      refs.let_go.push_back(bucket.waiting.front().peer);
      bucket.waiting.erase(bucket.waiting.begin());
    }
  }
  bucket.waiting.push_back(newcomer);
}

void Table::failed(PeerRef peer, const Point& at, bool certain, Refs refs) {
  const unsigned place = common_prefix(self_, at);
  if (place >= buckets_.size()) return;
  Bucket& bucket = buckets_[place];
  const auto waited = std::ranges::find(bucket.waiting, peer, &Contact::peer);
  if (waited != bucket.waiting.end()) {
    refs.let_go.push_back(peer);
    bucket.waiting.erase(waited);
    return;
  }
  const auto known = std::ranges::find(bucket.contacts, peer, &Contact::peer);
  if (known == bucket.contacts.end()) return;
  const unsigned failures = known->failures + (certain ? limits::kKademliaStale : 1U);
  known->failures = static_cast<std::uint8_t>(std::min(failures, 255U));
  if (!known->stale() || planted(Fault::kKeepTheDead)) return;
  if (!bucket.waiting.empty()) {
    refs.let_go.push_back(peer);
    *known = bucket.waiting.back();
    bucket.waiting.pop_back();
  } else if (known->failures >= limits::kKademliaGone && anybody_answers()) {
    // While nobody answers it is this peer that is cut off, and it will need them.
    refs.let_go.push_back(peer);
    bucket.contacts.erase(known);
    --size_;
  }
}

bool Table::anybody_answers() const {
  return std::ranges::any_of(buckets_, [](const Bucket& bucket) {
    return std::ranges::any_of(bucket.contacts, [](const Contact& c) { return c.failures == 0; });
  });
}

std::optional<PeerRef> Table::questionable(const Point& at, Instant now) const {
  const Bucket* const bucket = bucket_of(at);
  if (bucket == nullptr || bucket->contacts.size() < k_) return std::nullopt;
  const auto oldest = std::ranges::min_element(bucket->contacts, {}, &Contact::seen);
  if (now - oldest->seen < limits::kKademliaQuestionable) return std::nullopt;
  return oldest->peer;
}

/// Contacts that are gathered until it is known which of them are nearest.
struct Table::Group {
  struct Member {
    std::uint64_t distance;
    PeerRef peer;
  };
  boost::container::small_vector<Member, 64> members;
  const Point& target;
  EnvSource& source;

  void gather(const Bucket& bucket, PeerRef except, bool stale) {
    for (const Contact& contact : bucket.contacts) {
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
  const std::size_t place = std::min<std::size_t>(common_prefix(self_, target), buckets_.size());
  Group group{{}, target, source};
  // Nearest are those that share more bits with the target than this peer does, then all that
  // share as many, in whatever deeper bucket they are, then bucket by bucket outwards.
  if (place < buckets_.size()) group.gather(buckets_[place], except, stale);
  group.move_nearest(most - into.size(), sorted, into);
  if (into.size() == most) return;
  if (!planted(Fault::kForgetDeeperBuckets)) {
    for (std::size_t i = place + 1; i < buckets_.size(); ++i) {
      group.gather(buckets_[i], except, stale);
    }
  }
  group.move_nearest(most - into.size(), sorted, into);
  for (std::size_t i = place; i > 0 && into.size() < most; --i) {
    group.gather(buckets_[i - 1], except, stale);
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
  if (place < buckets_.size()) buckets_[place].looked_up = now;
}

std::optional<Table::Due> Table::next_refresh(std::size_t buckets) const {
  const auto end =
      buckets_.begin() + static_cast<std::ptrdiff_t>(std::min(buckets, buckets_.size()));
  const auto oldest = std::ranges::min_element(buckets_.begin(), end, {}, &Bucket::looked_up);
  if (oldest == end) return std::nullopt;
  return Due{static_cast<std::size_t>(oldest - buckets_.begin()), oldest->looked_up};
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

const Table::Bucket* Table::bucket_of(const Point& at) const {
  const unsigned place = common_prefix(self_, at);
  return place < buckets_.size() ? &buckets_[place] : nullptr;
}

std::vector<PeerRef> Table::contacts(std::size_t bucket) const {
  std::vector<PeerRef> peers;
  for (const Contact& contact : buckets_[bucket].contacts) peers.push_back(contact.peer);
  return peers;
}

std::vector<PeerRef> Table::waiting(std::size_t bucket) const {
  std::vector<PeerRef> peers;
  for (const Contact& contact : buckets_[bucket].waiting) peers.push_back(contact.peer);
  return peers;
}

std::size_t Table::bytes() const {
  std::size_t sum = buckets_.capacity() * sizeof(Bucket);
  for (const Bucket& bucket : buckets_) {
    sum += (bucket.contacts.capacity() + bucket.waiting.capacity()) * sizeof(Contact);
  }
  return sum;
}

}  // namespace shoal::overlay::kademlia
