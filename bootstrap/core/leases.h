// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bootstrap/core/address_book.h"
#include "proto/types/ids.h"
#include "proto/types/limits.h"
#include "proto/types/result.h"
#include "proto/types/rng.h"
#include "proto/types/time.h"

namespace shoal::bootstrap {

/// A card that the host has verified.
struct LeaseCard {
  PeerId id;
  std::string name;
  std::vector<std::string> endpoints;
  std::uint64_t sequence = 0;  ///< rises with each new card of that peer
  std::string sealed;          ///< the SignedCard itself
  // What the host read in it, so that it need not verify the same bytes anew at each renewal.
  std::string public_key = {};
  std::int64_t issued_unix = 0;
  friend bool operator==(const LeaseCard&, const LeaseCard&) = default;
};

/// A peer that said it is there.
struct Lease {
  LeaseCard card;
  std::uint64_t stamp = 0;  ///< of the last request; see Leases
  std::string address;      ///< key of the address it asked from
  Instant expires;
  friend bool operator==(const Lease&, const Lease&) = default;
};

struct LeaseLimits {
  Duration time = limits::kLeaseTime;
  /// How long the last stamp of a peer that is gone is remembered: as long as any card it sent may
  /// still be valid by our clock.
  Duration remember = 2 * limits::kCardValidity;
  std::size_t leases_max = limits::kLeasesMax;
  std::size_t stamps_max = limits::kStampsMax;
  AddressLimits addresses;
};

/// Who is there, by signed leases that expire. A pure state machine: time is an argument and must
/// not go back.
///
/// Cards are public, so a card alone renews nothing: each request also carries a signed *stamp*, a
/// number that must rise. A stranger who replays a request, even after the peer has crashed or
/// left, has a stamp that was used. The host verifies signatures; the rules are here. Memory: 2 x
/// the tables' bounds; about 400 bytes and the card per lease.
class Leases {
 public:
  explicit Leases(LeaseLimits limits = {});

  /// Counts a request of that address, before anything is verified. Errors: kOverloaded.
  Result<void> admit(const std::string& address, Instant now);

  /// Takes or renews a lease; returns it (valid until the next call). The same card renews; a new
  /// one must have a higher sequence. Errors: kConflict (stamp or sequence did not rise, or another
  /// card with the same sequence), kOverloaded (a bound).
  Result<const Lease*> put(LeaseCard card, std::uint64_t stamp, const std::string& address,
                           Instant now);

  /// Gives a lease back. Errors: kNotFound, kConflict (stamp).
  Result<void> leave(const PeerId& id, std::uint64_t stamp, Instant now);

  /// The live lease of that peer, or nullptr; valid until the next call.
  const Lease* find(const PeerId& id, Instant now);

  /// Up to `limit` live leases in the order of ids, from the first after `after`. Walking page by
  /// page meets each peer that stays exactly once. Valid until the next call.
  std::vector<const Lease*> list(const std::optional<PeerId>& after, std::size_t limit,
                                 Instant now);

  /// A live lease of somebody other than `asker` and `except`, each equally likely; nullptr when
  /// there is nobody. Cost: sorts `except`.
  const Lease* suggest(const PeerId& asker, std::span<const PeerId> except, Rng& rng, Instant now);

  /// The last stamp of that peer that is remembered.
  [[nodiscard]] std::optional<std::uint64_t> stamp_of(const PeerId& id) const;

  /// Puts back what a store kept; one that expired meanwhile leaves its stamp. Bounds hold.
  void restore(Lease lease, Instant now);
  void restore_stamp(const PeerId& id, std::uint64_t stamp, Instant until, Instant now);

  /// As these two, but in place of what is known of that peer, which must have a lower stamp or
  /// none: what another process of the same directory decided.
  void learn(Lease lease, Instant now);
  void learn_stamp(const PeerId& id, std::uint64_t stamp, Instant until, Instant now);

  /// Drops what has expired (every call above does) and returns the peers whose leases ended, by
  /// expiry or leave, since the last call; with the time until which their stamps are remembered.
  struct Gone {
    PeerId id;
    std::uint64_t stamp = 0;
    Instant until;
  };
  std::vector<Gone> take_gone(Instant now);

  [[nodiscard]] std::size_t size() const { return leases_.size(); }
  [[nodiscard]] std::size_t stamps() const { return stamps_.size(); }

 private:
  struct Held {
    Lease lease;
    std::size_t slot = 0;  // in live_
  };
  using ByTime = std::set<std::pair<Instant, PeerId>>;
  struct Stamp {
    std::uint64_t stamp = 0;
    Instant until;
  };

  void expire(Instant now);
  Result<void> may_join(const PeerId& id, const std::string& address, Instant now);
  Lease& insert(Lease lease);
  void remove(std::map<PeerId, Held>::iterator held, Instant now);
  void drop(std::map<PeerId, Held>::iterator held);
  void forget(const PeerId& id);
  void remember(const PeerId& id, std::uint64_t stamp, Instant until);

  LeaseLimits limits_;
  AddressBook addresses_;
  std::map<PeerId, Held> leases_;
  ByTime expiries_;
  std::vector<PeerId> live_;  // in no order; a draw picks a slot
  std::map<PeerId, Stamp> stamps_;
  ByTime stamp_ends_;
  std::vector<Gone> gone_;
};

}  // namespace shoal::bootstrap
