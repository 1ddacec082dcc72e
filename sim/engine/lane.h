// SPDX-License-Identifier: Apache-2.0
// What one thread of the engine works with. Internal to this folder.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "overlay/core/effects.h"
#include "proto/types/message.h"
#include "sim/engine/parcel.h"
#include "sim/engine/slot.h"

namespace shoal::sim {

/// A call to a node that has to wait until the effects of the one before are carried out.
struct Call {
  enum class Kind : std::uint8_t { kDropped, kLinkDown, kLookup, kShares };
  Kind kind = Kind::kDropped;
  std::uint32_t peer = 0;
  PeerRef other = kNoPeer;  ///< whose message or link it is
  std::uint32_t limit = 0;  ///< of the lookup
  LookupToken token;
  Message message;  ///< what was dropped; for a lookup, its body is the query
  ContentId after;  ///< of the list of shares
};

/// A dial under way: the world completes it, since it touches two peers.
struct OpenDial {
  std::int64_t at = 0;       ///< when
  std::uint64_t number = 0;  ///< its place among all that the world does then
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint32_t incarnation = 0;  ///< of the dialler
  bool fails = false;
};

/// A stretch of time that is worked through at once; no message sent in it arrives in it.
struct Window {
  std::uint64_t slot = 0;  ///< of time; the window is the slot or a part of it
  std::int64_t end = 0;    ///< events before it happen; microseconds
  unsigned inbox = 0;      ///< which outboxes hold what was sent before
};

/// One thread's own things. They are used again and again, so that a steady state allocates
/// nothing.
struct alignas(64) Lane {
  explicit Lane(ChunkPool& chunks) : pool(chunks) {}

  /// What is sent goes to outboxes[out], by shard; the others are being collected.
  std::array<std::vector<ParcelList>, 2> outboxes;
  unsigned out = 0;
  ChunkPool& pool;
  std::int64_t earliest = INT64_MAX;  ///< arrival of what was sent since the last window began

  overlay::Effects effects;
  std::vector<OpenDial> dials;  ///< of this window
  std::vector<SharedFile> shares;
  std::vector<Call> calls;
  std::size_t next_call = 0;
  bool driving = false;
  /// A lookup to be answered before all calls that wait.
  LookupToken asked;
  PayloadRef asked_for;
  std::uint32_t asked_limit = 0;
  bool timer_moved = false;  ///< that of the peer's slot, in this call; see Machine::post_armed
  std::vector<PayloadRef> hits;
  std::uint32_t place = 0;  ///< of the link by which the last message came, in its peer's row
  std::int64_t now = 0;
  std::int64_t latest = 0;  ///< the last event's time
  /// The latest moment for which a timer was armed, whether or not a parcel came for it: until then
  /// an engine is not quiet.
  std::int64_t last_armed = 0;

  // while a shard is worked through
  std::int64_t window_end = INT64_MIN;  ///< own parcels before it go to `urgent`
  std::vector<Parcel> work;             ///< by peer, each peer's in order; with room behind
  std::uint32_t count = 0;              ///< of them that are to happen
  std::vector<std::uint32_t> starts;    ///< by peer of the shard: parcels, then where they begin
  std::vector<std::uint64_t> busy;      ///< a bit for each peer of the shard that has parcels
  std::vector<Parcel> urgent;           ///< of the peer that is worked on, latest first

  std::uint64_t worked = 0;   ///< parcels of this window
  std::uint64_t longest = 0;  ///< those of the shard that had most
  std::uint64_t digest = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t raised = 0;  ///< ways of links whose delay was raised to the floor

  void shrink() {
    // `work = {}` would assign no elements and keep the room.
    std::vector<Parcel>().swap(work);
    std::vector<Parcel>().swap(urgent);
    std::vector<std::uint32_t>().swap(starts);
    std::vector<std::uint64_t>().swap(busy);
  }
};

}  // namespace shoal::sim
