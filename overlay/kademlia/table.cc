// SPDX-License-Identifier: Apache-2.0
#include "overlay/kademlia/table.h"

#include <algorithm>
#include <bit>

#include "overlay/kademlia/ascending.h"
#include "overlay/kademlia/faults.h"
#include "proto/types/assert.h"

namespace shoal::overlay::kademlia {

Table::Heard Table::heard(PeerRef peer, const Point& at, Instant now, Refs refs) {
  const unsigned place = common_prefix(self_, at);
  if (place == kPointBits) return Heard::kIgnored;
  if (place >= rows_.size()) grow(place + 1, now);
  if (Contact* const known = find(place, peer, at.words[0])) {
    known->answered(now);
    return Heard::kKnown;
  }
  Row& row = rows_[place];
  const Contact newcomer(peer, at, now);
  const std::span<Contact> bucket = in(place);
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
    exchange(place, bucket.front(), newcomer);
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
  for (std::size_t i = before; i < buckets; ++i) {
    rows_[i].looked_up = now;
    rows_[i].heard_s = Contact::seconds(now);
  }
  begins_.resize(buckets + 1, static_cast<std::uint16_t>(contacts_.size()));
}

/// In a bucket, which is in the order of ids.
Table::Contact* Table::find(std::size_t bucket, PeerRef peer, std::uint64_t prefix) {
  const std::span<Contact> all = in(bucket);
  const auto prefix_at = [all](std::size_t i) { return all[i].prefix; };
  for (std::size_t i = count_below(all.size(), prefix, prefix_at);
       i < all.size() && all[i].prefix == prefix; ++i) {
    if (all[i].peer == peer) return &all[i];
  }
  return nullptr;
}

void Table::add(std::size_t bucket, const Contact& newcomer) {
  constexpr std::size_t kRoom = 32;  // not twice as many: most tables grow no more
  if (contacts_.size() == contacts_.capacity()) contacts_.reserve(contacts_.size() + kRoom);
  const std::span<const Contact> all = in(bucket);
  const auto place = std::ranges::upper_bound(all, newcomer.prefix, {}, &Contact::prefix);
  contacts_.insert(contacts_.begin() + begins_[bucket] + (place - all.begin()), newcomer);
  for (std::size_t i = bucket + 1; i < begins_.size(); ++i) ++begins_[i];
}

/// Puts a newcomer into the bucket for an old contact.
void Table::exchange(std::size_t bucket, Contact& old, const Contact& newcomer) {
  const std::span<Contact> all = in(bucket);
  const auto from = all.begin() + (&old - all.data());
  const auto place = std::ranges::upper_bound(all, newcomer.prefix, {}, &Contact::prefix);
  *from = newcomer;
  if (place > from) {
    std::rotate(from, from + 1, place);
  } else {
    std::rotate(place, from, from + 1);
  }
}

void Table::drop(std::size_t bucket, const Contact& gone) {
  contacts_.erase(contacts_.begin() + (&gone - contacts_.data()));
  for (std::size_t i = bucket + 1; i < begins_.size(); ++i) --begins_[i];
}

/// Puts a newcomer into the place of a stale contact, if there is one.
bool Table::give_place(std::size_t bucket, const Contact& to, Refs refs) {
  if (!rows_[bucket].stale) return false;
  const auto worst = std::ranges::max_element(
      in(bucket), {}, [](const Contact& contact) -> unsigned { return contact.failures; });
  rows_[bucket].stale = worst->stale();
  if (!worst->stale()) return false;
  auto& waiting = rows_[bucket].waiting;
  const auto waited = std::ranges::find(waiting, to.peer, &Contact::peer);
  if (waited != waiting.end()) {
    waiting.erase(waited);
  } else {
    refs.kept.push_back(to.peer);
  }
  refs.let_go.push_back(worst->peer);
  exchange(bucket, *worst, to);
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
  Contact* const known = find(place, peer, at.words[0]);
  if (known == nullptr) return;
  known->failed(certain ? limits::kKademliaStale : 1U);
  if (!known->stale() || planted(Fault::kKeepTheDead)) return;
  rows_[place].stale = true;
  if (!waiting.empty()) {
    refs.let_go.push_back(peer);
    // It was heard before it came to wait.
    rows_[place].heard_s = std::min(rows_[place].heard_s, std::uint32_t{waiting.back().seen_s});
    exchange(place, *known, waiting.back());
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

std::optional<PeerRef> Table::questionable(const Point& at, Instant now) {
  const unsigned place = common_prefix(self_, at);
  if (place >= rows_.size() || in(place).size() < k_) return std::nullopt;
  constexpr auto kLong = std::chrono::ceil<std::chrono::seconds>(limits::kKademliaQuestionable);
  const auto silent_s = [now](std::uint32_t heard_s) {
    return std::chrono::seconds((Contact::seconds(now) - heard_s) & Contact::kSeconds);
  };
  Row& row = rows_[place];
  if (silent_s(row.heard_s) < kLong) return std::nullopt;
  const auto oldest = std::ranges::max_element(
      in(place), {}, [&](const Contact& contact) { return contact.silent_s(now); });
  row.heard_s = oldest->seen_s;
  if (silent_s(row.heard_s) < kLong) return std::nullopt;
  return oldest->peer;
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
  warm_all(all + first, all + std::min(first + k_, contacts_.size()));
  if (contacts_.size() - first < k_ && place > 0) {
    warm_all(all + begins_[place - 1], all + first);
  }
}

std::size_t Table::bytes() const {
  return contacts_.capacity() * sizeof(Contact) + rows_.capacity() * sizeof(Row) +
         (begins_.capacity() > 28 ? begins_.capacity() * sizeof(begins_[0]) : 0);
}

}  // namespace shoal::overlay::kademlia
