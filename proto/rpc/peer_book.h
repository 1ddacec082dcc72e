// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/message.h"

namespace shoal::rpc {

/// Whom a peer lets link that it does not list.
enum class Accept : std::uint8_t {
  kListed,     ///< nobody
  kDirectory,  ///< who has a live lease at this peer's directory
  kAnyone,     ///< any key, as a guest
};

/// What a key is to this peer.
enum class Caller : std::uint8_t {
  kFriend,    ///< listed or accepted
  kQueryKey,  ///< asked a query that this peer answered: may fetch
  kGuest,     ///< nobody, on a network that takes anyone
  kUnknown,
};

/// Where a peer can be reached, and its own signed word for it.
struct KnownCard {
  std::vector<std::string> endpoints;
  std::string sealed;  ///< a verified SignedCard; empty: somebody else told the endpoints
  std::uint64_t sequence = 0;
  std::int64_t issued_unix = 0;
};

/// Who is who: friends with their roles, the keys of queries that were answered, and the handles by
/// which cores name peers, with their cards. On a network of friends, what it does not know never
/// reaches the RPC parser.
///
/// Any thread may call; the hook is called outside of locks.
class PeerBook {
 public:
  using Clock = std::chrono::steady_clock;

  explicit PeerBook(Accept accept) : accept_(accept) {}

  // ---- friends -------------------------------------------------------------------------------
  void set_friend(const PeerId& peer, Role role);
  void remove_friend(const PeerId& peer);
  [[nodiscard]] std::optional<Role> role_of(const PeerId& peer) const;
  [[nodiscard]] std::size_t friends() const;

  // ---- who may come in -----------------------------------------------------------------------
  [[nodiscard]] Caller classify(const PeerId& key) const;
  /// The same for somebody who stands at the door: an unknown key is told to the hook.
  Caller knock(const PeerId& key);
  /// Called with each unknown key that knocks, by gRPC's threads: must be quick.
  void on_unknown(std::function<void(const PeerId&)> hook);
  [[nodiscard]] Accept accept() const { return accept_; }

  /// Friends, and the keys of answered queries: never a guest.
  [[nodiscard]] bool may_fetch(const PeerId& key) const;
  /// The asker of a query that this peer answers may fetch for limits::kQueryKeyTime from now on.
  /// `brought_by`: over whose link the query came; none: over none. The first who is named counts
  /// until the key is forgotten.
  void admit(const KeyFingerprint& key, const std::optional<PeerId>& brought_by = std::nullopt);
  /// To whose account it goes what that key gets: the friend who brought its query, since the key
  /// does not say whose it is and everybody can make as many as he likes; else itself.
  [[nodiscard]] PeerId payer_of(const PeerId& key) const;

  // ---- handles -------------------------------------------------------------------------------
  /// The handle of `peer`, held once more; kNoPeer when limits::kPeersKnownMax are held.
  PeerRef hold(const PeerId& peer);
  /// Holds a handle that is held already once more.
  void retain(PeerRef peer);
  /// Gives one hold back; with the last the handle means nothing any more.
  void release(PeerRef peer);
  [[nodiscard]] std::optional<PeerId> id_of(PeerRef peer) const;
  /// The handle of a peer that is held by somebody.
  [[nodiscard]] std::optional<PeerRef> ref_of(const PeerId& peer) const;

  // ---- cards ---------------------------------------------------------------------------------
  /// Keeps `card` with a held peer, unless one with a higher sequence is there: while it is held.
  void learn(PeerRef peer, KnownCard card);
  /// Null while nothing is known, and for a handle that means nothing.
  [[nodiscard]] std::shared_ptr<const KnownCard> card_of(PeerRef peer) const;

 private:
  struct QueryKey {
    Clock::time_point until;
    std::optional<PeerId> brought_by;
  };
  struct Slot {
    PeerId id;
    std::uint32_t holds = 0;
    std::uint32_t generation = 0;
    std::shared_ptr<const KnownCard> card;
  };

  [[nodiscard]] Caller classify_locked(const PeerId& key) const;
  [[nodiscard]] const Slot* slot_of(PeerRef peer) const;
  Slot& held_slot(PeerRef peer);

  const Accept accept_;
  mutable std::mutex mutex_;  ///< guards all below
  std::map<PeerId, Role> friends_;
  std::map<PeerId, QueryKey> query_keys_;
  std::set<std::pair<Clock::time_point, PeerId>> by_expiry_;  // the same, soonest first
  std::vector<Slot> slots_;
  std::deque<std::uint32_t> free_slots_;
  std::map<PeerId, std::uint32_t> slot_by_id_;
  std::function<void(const PeerId&)> on_unknown_;
};

}  // namespace shoal::rpc
