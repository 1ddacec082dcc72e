// SPDX-License-Identifier: Apache-2.0
#include "proto/http/guests.h"

#include <algorithm>

#include "proto/types/assert.h"

namespace shoal::http {

Guests::Guests(Limits limits)
    : limits_(limits), admission_({limits.connections_max, limits.per_address_max}) {}

Guests::Entry Guests::enter(const std::string& key, bool exempt) {
  Entry entry;
  if (!admission_.enter(key, exempt)) {
    // Who is over its own share takes the place of one of its own.
    const bool own = admission_.over_its_share(key, exempt);
    const auto one = eldest(own ? &key : nullptr);
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
  if (guest.since == 0 || guest.what != what) {
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
    const auto holds = [&](const auto& each) {
      const Guest& other = guests_.at(each.second);
      return other.what == what && other.bytes > 0;
    };
    const auto one = std::ranges::find_if(waiting_, holds);
    // A single one may be longer than all should be.
    if (guests_.at(one->second).bytes == sum(what)) break;
    const Id elder = one->second;
    cut.push_back({elder, remove(guests_.find(elder))});
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

std::optional<Guests::Id> Guests::eldest(const std::string* key) const {
  for (const auto& [since, id] : waiting_) {
    if (key == nullptr || guests_.at(id).key == *key) return id;
  }
  return std::nullopt;
}

}  // namespace shoal::http
