// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/core/leases.h"

#include <algorithm>

#include "proto/types/assert.h"

namespace shoal::bootstrap {
namespace {

tl::unexpected<Error> conflict(std::string why, std::string next) {
  return fail(Errc::kConflict, "the lease is not granted", std::move(why), std::move(next));
}

tl::unexpected<Error> old_stamp() {
  return conflict("its stamp is not higher than that peer's last one",
                  "send a stamp above the one in this answer");
}

}  // namespace

Leases::Leases(LeaseLimits limits) : limits_(limits), addresses_(limits.addresses) {}

Result<void> Leases::admit(const std::string& address, Instant now) {
  return addresses_.admit(address, now);
}

std::optional<std::uint64_t> Leases::stamp_of(const PeerId& id) const {
  if (const auto held = leases_.find(id); held != leases_.end()) return held->second.lease.stamp;
  if (const auto old = stamps_.find(id); old != stamps_.end()) return old->second.stamp;
  return std::nullopt;
}

Result<void> Leases::may_join(const PeerId& id, const std::string& address, Instant now) {
  // A lease becomes a stamp when it ends, so there must be room for it then.
  const bool full =
      leases_.size() >= limits_.leases_max ||
      (!stamps_.contains(id) && leases_.size() + stamps_.size() >= limits_.stamps_max);
  if (full) {
    return fail(Errc::kOverloaded, "the lease is not granted", "the directory is full",
                "try again later, or another directory");
  }
  return addresses_.join(address, now);
}

Result<const Lease*> Leases::put(LeaseCard card, std::uint64_t stamp, const std::string& address,
                                 Instant now) {
  expire(now);
  const PeerId id = card.id;
  if (const auto last = stamp_of(id); last && stamp <= *last) return old_stamp();
  const auto held = leases_.find(id);
  if (held == leases_.end()) {
    if (auto joined = may_join(id, address, now); !joined) return tl::unexpected(joined.error());
    return &insert({std::move(card), stamp, address, now + limits_.time});
  }
  Lease& lease = held->second.lease;
  if (card.sequence < lease.card.sequence) {
    return conflict("its card is older than the one known", "send the newest card");
  }
  if (card.sequence == lease.card.sequence && card.sealed != lease.card.sealed) {
    return conflict("another card with the same sequence is known", "raise the sequence");
  }
  if (lease.address != address) {
    addresses_.hold(address, now);
    addresses_.release(lease.address);
    lease.address = address;
  }
  lease.card = std::move(card);
  lease.stamp = stamp;
  expiries_.erase({lease.expires, id});
  lease.expires = now + limits_.time;
  expiries_.emplace(lease.expires, id);
  return &lease;
}

Lease& Leases::insert(Lease lease) {
  const PeerId id = lease.card.id;
  if (const auto old = stamps_.find(id); old != stamps_.end()) {
    stamp_ends_.erase({old->second.until, id});
    stamps_.erase(old);
  }
  expiries_.emplace(lease.expires, id);
  const auto [held, fresh] = leases_.emplace(id, Held{std::move(lease), live_.size()});
  SHOAL_ASSERT(fresh);
  live_.push_back(id);
  return held->second.lease;
}

void Leases::remove(std::map<PeerId, Held>::iterator held, Instant now) {
  const PeerId id = held->first;
  const std::uint64_t stamp = held->second.lease.stamp;
  const Instant until = now + limits_.remember;
  gone_.push_back({id, stamp, until});
  drop(held);
  remember(id, stamp, until);
}

void Leases::drop(std::map<PeerId, Held>::iterator held) {
  addresses_.release(held->second.lease.address);
  expiries_.erase({held->second.lease.expires, held->first});
  const std::size_t slot = held->second.slot;
  leases_.erase(held);
  if (slot + 1 < live_.size()) {
    live_[slot] = live_.back();
    leases_.at(live_[slot]).slot = slot;
  }
  live_.pop_back();
}

void Leases::forget(const PeerId& id) {
  if (const auto held = leases_.find(id); held != leases_.end()) drop(held);
  if (const auto old = stamps_.find(id); old != stamps_.end()) {
    stamp_ends_.erase({old->second.until, id});
    stamps_.erase(old);
  }
  std::erase_if(gone_, [&](const Gone& gone) { return gone.id == id; });
}

void Leases::remember(const PeerId& id, std::uint64_t stamp, Instant until) {
  const auto [at, fresh] = stamps_.emplace(id, Stamp{stamp, until});
  SHOAL_ASSERT(fresh);
  stamp_ends_.emplace(until, id);
}

Result<void> Leases::leave(const PeerId& id, std::uint64_t stamp, Instant now) {
  expire(now);
  const auto held = leases_.find(id);
  if (held == leases_.end()) {
    return fail(Errc::kNotFound, "there is no lease to give back", "that peer has none");
  }
  if (stamp <= held->second.lease.stamp) return old_stamp();
  held->second.lease.stamp = stamp;
  remove(held, now);
  return {};
}

const Lease* Leases::find(const PeerId& id, Instant now) {
  expire(now);
  const auto held = leases_.find(id);
  return held == leases_.end() ? nullptr : &held->second.lease;
}

std::vector<const Lease*> Leases::list(const std::optional<PeerId>& after, std::size_t limit,
                                       Instant now) {
  expire(now);
  std::vector<const Lease*> page;
  auto at = after ? leases_.upper_bound(*after) : leases_.begin();
  for (; at != leases_.end() && page.size() < limit; ++at) page.push_back(&at->second.lease);
  return page;
}

const Lease* Leases::suggest(const PeerId& asker, std::span<const PeerId> except, Rng& rng,
                             Instant now) {
  expire(now);
  std::set<std::size_t> left_out;
  const auto leave_out = [&](const PeerId& id) {
    if (const auto held = leases_.find(id); held != leases_.end())
      left_out.insert(held->second.slot);
  };
  leave_out(asker);
  std::ranges::for_each(except, leave_out);
  if (left_out.size() == live_.size()) return nullptr;
  // The n-th slot of those that are not left out.
  std::size_t slot = rng.below(live_.size() - left_out.size());
  for (const std::size_t out : left_out) slot += slot >= out ? 1U : 0U;
  return &leases_.at(live_[slot]).lease;
}

void Leases::restore(Lease lease, Instant now) {
  // No store makes a lease longer than a peer could have got it now.
  lease.expires = std::min(lease.expires, now + limits_.time);
  const PeerId id = lease.card.id;
  if (lease.expires <= now) return restore_stamp(id, lease.stamp, now + limits_.remember, now);
  if (leases_.size() >= limits_.leases_max || stamp_of(id)) return;
  addresses_.hold(lease.address, now);
  insert(std::move(lease));
}

void Leases::restore_stamp(const PeerId& id, std::uint64_t stamp, Instant until, Instant now) {
  until = std::min(until, now + limits_.remember);
  if (until <= now || stamps_.size() >= limits_.stamps_max || stamp_of(id)) return;
  remember(id, stamp, until);
}

void Leases::learn(Lease lease, Instant now) {
  expire(now);  // or those would take the places of what comes
  const auto known = stamp_of(lease.card.id);
  SHOAL_ASSERT(!known || *known < lease.stamp);
  forget(lease.card.id);
  restore(std::move(lease), now);
}

void Leases::learn_stamp(const PeerId& id, std::uint64_t stamp, Instant until, Instant now) {
  const auto known = stamp_of(id);
  SHOAL_ASSERT(!known || *known < stamp);
  forget(id);
  restore_stamp(id, stamp, until, now);
}

void Leases::expire(Instant now) {
  while (!expiries_.empty() && expiries_.begin()->first <= now) {
    remove(leases_.find(expiries_.begin()->second), now);
  }
  while (!stamp_ends_.empty() && stamp_ends_.begin()->first <= now) {
    stamps_.erase(stamp_ends_.begin()->second);
    stamp_ends_.erase(stamp_ends_.begin());
  }
}

std::vector<Leases::Gone> Leases::take_gone(Instant now) {
  expire(now);
  return std::exchange(gone_, {});
}

}  // namespace shoal::bootstrap
