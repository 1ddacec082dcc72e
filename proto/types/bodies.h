// SPDX-License-Identifier: Apache-2.0
// The payloads of messages, as plain values. proto/codec turns them into protobuf and back; nothing
// above that folder sees a protobuf type.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/payload.h"

namespace shoal {

/// What a peer does with a later copy of a query it has seen.
enum class DuplicateRule : std::uint8_t {
  kDeepest,  ///< forward again a copy that has more hops left than any before
  kClassic,  ///< drop it (Gnutella 0.4)
};

/// What the origin wrote. No word of it says who the origin is: `key` was made for this query.
struct QueryBody final : Payload {
  static constexpr PayloadKind kKind = PayloadKind::kQuery;
  QueryBody() : Payload(kKind) {}
  /// The same query, under no handle yet.
  [[nodiscard]] std::unique_ptr<const QueryBody> copy() const;

  std::string terms;                 ///< UTF-8 words, all must match; empty when `content` is set
  std::optional<ContentId> content;  ///< or exactly this content
  std::uint64_t length_min = 0;      ///< bytes
  std::uint64_t length_max = UINT64_MAX;
  KeyFingerprint key;  ///< whoever proves this key may fetch what answers the query
  DuplicateRule rule = DuplicateRule::kDeepest;
  bool echo = true;  ///< false: no echoes; the search ends at its deadline and counts are unknown

 private:
  QueryBody(const QueryBody&) = default;
};

/// One file of a hit.
struct HitFile {
  ContentId content;
  std::string name;  ///< as the holder calls it; not to be trusted as a path
  friend bool operator==(const HitFile&, const HitFile&) = default;
};

/// One of this peer's own shared files, as an overlay that publishes sees it.
struct SharedFile {
  ContentId content;
  /// That searches find it by, folded as searches are, parted by single spaces.
  std::string words;
  friend bool operator==(const SharedFile&, const SharedFile&) = default;
};

/// One holder and up to kHitFilesMax of its files.
///
/// `sealed` is what the holder's host signed (card, query id, files); relays pass it on untouched,
/// and the origin's host verifies it before the core sees the hit. Empty in the simulator.
struct HitBody final : Payload {
  static constexpr PayloadKind kKind = PayloadKind::kHit;
  HitBody() : Payload(kKind) {}

  PeerId holder;
  std::vector<HitFile> files;
  std::string sealed;
};

/// What became of one copy of a query and of all the copies below it.
///
/// `peers_by_hop` may hold negative numbers: a peer reached again by a shorter way is taken back
/// from its earlier hop. Sums over all echoes of a complete search are true counts.
struct Counts {
  std::uint8_t first_hop = 0;              ///< the hop of peers_by_hop[0]; the origin is hop 0
  std::vector<std::int32_t> peers_by_hop;  ///< peers asked, by distance from the origin
  std::uint32_t copies = 0;                ///< copies sent below this point
  std::uint32_t duplicates = 0;            ///< of these: useless repeats
  std::uint32_t refused = 0;               ///< of these: refused by a peer at its limit
  std::uint32_t unanswered = 0;            ///< of these: no answer in time, or the link died
  std::uint32_t dropped = 0;               ///< not sent: a queue or a dead link gave them back
  std::uint32_t cut_by_budget = 0;         ///< not sent: no time left
  std::uint32_t spared = 0;                ///< not sent: that peer said it has nothing that matches
  std::uint32_t unsearched = 0;            ///< peers whose lookup was late
  std::uint32_t hits_dropped = 0;  ///< (holder, file) pairs late, over a bound, or without a route

  /// Adds `peers` (may be negative) at `hop`.
  void add_peers(std::uint8_t hop, std::int32_t peers);
  void add(const Counts& other);
  /// Nothing but zeros.
  [[nodiscard]] bool empty() const;
  friend bool operator==(const Counts&, const Counts&) = default;
};

/// The answer to one copy of a query.
struct EchoBody final : Payload {
  static constexpr PayloadKind kKind = PayloadKind::kEcho;
  EchoBody() : Payload(kKind) {}

  Counts counts;
};

/// Somebody to talk to, inside an overlay's own message.
struct Contact {
  PeerRef peer;
  friend bool operator==(const Contact&, const Contact&) = default;
};

/// An overlay's own message: bytes that it encodes itself, with contacts beside them, so that a new
/// overlay touches no shared file.
struct OpaqueBody final : Payload {
  static constexpr PayloadKind kKind = PayloadKind::kOpaque;
  OpaqueBody() : Payload(kKind) {}

  std::string bytes;
  std::vector<Contact> contacts;
  /// The contacts as SignedCards, in order: as received, or filled by the wire host before the
  /// codec encodes. Empty in the simulator. Not part of the value.
  mutable std::vector<std::string> cards;
};

}  // namespace shoal
