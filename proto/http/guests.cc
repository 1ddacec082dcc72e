// SPDX-License-Identifier: Apache-2.0
#include "proto/http/guests.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"

namespace shoal::http {

Guests::Guests(Limits limits, ReadSoFar read_so_far)
    : limits_(limits),
      read_so_far_(std::move(read_so_far)),
      admission_({limits.connections_max, limits.per_address_max}) {}

Guests::Entry Guests::enter(const std::string& key, bool exempt) {
  Entry entry;
  if (!admission_.enter(key, exempt)) {
    // Who is over its own share takes the place of one of its own.
    const bool own = admission_.over_its_share(key, exempt);
    const auto one =
        next_to_go([&](const Guest& guest) { return !own || guest.key == key; }, std::nullopt);
    if (!one) return {};
    entry.gave_way = Leaver{*one, remove(guests_.find(*one))};
    admission_.enter_in_place(key);
  }
  entry.in = next_++;
  const std::uint64_t since = ++clock_;
  guests_.emplace(*entry.in, Guest{key, since});
  waiting_.emplace(since, *entry.in);
  return entry;
}

void Guests::leave(Id guest) {
  if (const auto found = guests_.find(guest); found != guests_.end()) remove(found);
}

std::vector<Guests::Leaver> Guests::wait(Id id, For what, std::size_t bytes) {
  const auto found = guests_.find(id);
  if (found == guests_.end()) return {{id, 0}};
  Guest& guest = found->second;
  const bool begins = guest.since == 0 || guest.what != what;
  if (begins) {
    stop_waiting(guest);
    guest.since = ++clock_;
    waiting_.emplace(guest.since, id);
  }
  sum(guest.what) -= guest.bytes;
  guest.what = what;
  guest.bytes = bytes;
  sum(what) += bytes;
  const std::size_t most = what == For::kRequest ? limits_.unfinished_max : limits_.unread_max;
  std::vector<Leaver> cut;
  while (sum(what) > most) {
    const auto one =
        next_to_go([&](const Guest& other) { return other.what == what && other.bytes > 0; },
                   begins ? std::optional(id) : std::nullopt);
    // A single one may be longer than all should be.
    if (!one || guests_.at(*one).bytes == sum(what)) break;
    cut.push_back({*one, remove(guests_.find(*one))});
  }
  return cut;
}

void Guests::read_on(Id id) {
  const auto found = guests_.find(id);
  if (found == guests_.end() || found->second.since == 0) return;
  waiting_.erase(found->second.since);
  found->second.since = ++clock_;
  waiting_.emplace(found->second.since, id);
}

bool Guests::work(Id id) {
  const auto found = guests_.find(id);
  if (found == guests_.end()) return false;
  stop_waiting(found->second);
  return true;
}

void Guests::stop_waiting(Guest& guest) {
  if (guest.since != 0) waiting_.erase(guest.since);
  sum(guest.what) -= guest.bytes;
  guest.bytes = 0;
  guest.since = 0;
}

// Returns the bytes that it held.
std::size_t Guests::remove(std::map<Id, Guest>::iterator guest) {
  SHOAL_ASSERT(guest != guests_.end());
  const std::size_t bytes = guest->second.bytes;
  stop_waiting(guest->second);
  admission_.leave(guest->second.key);
  guests_.erase(guest);
  return bytes;
}

// On a busy machine readers get their turn less often than they are asked here: who has read much
// is spared a few times, and whoever only filled a small buffer is not.
bool Guests::has_read_on(Id id, Guest& guest) const {
  if (!read_so_far_ || guest.what != For::kReader || guest.bytes == 0) return false;
  const std::uint64_t before = std::exchange(guest.read, read_so_far_(id));
  if (guest.read > before) {
    guest.credit = std::min(guest.credit + (guest.read - before), limits::kHttpReaderCredit);
    return true;
  }
  if (guest.credit < limits::kHttpReaderSpared) return false;
  guest.credit -= limits::kHttpReaderSpared;
  return true;
}

// The one of those that has waited for longest. A reader that has read on since it was asked last
// waits anew, so each is asked once; where all have, the eldest goes before the newcomer.
std::optional<Guests::Id> Guests::next_to_go(const Fits& fits, std::optional<Id> newcomer) {
  std::optional<Id> eldest;
  const std::uint64_t newest = clock_;
  for (auto at = waiting_.begin(); at != waiting_.end() && at->first <= newest;) {
    const Id id = (at++)->second;
    Guest& guest = guests_.at(id);
    if (!fits(guest) || id == newcomer) continue;
    if (!eldest) eldest = id;
    if (!has_read_on(id, guest)) return id;
    read_on(id);
  }
  return eldest;
}

}  // namespace shoal::http
