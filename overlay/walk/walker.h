// SPDX-License-Identifier: Apache-2.0
// What a walker carries, and the messages of a walk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/core/bytes.h"
#include "overlay/core/registry.h"
#include "proto/types/limits.h"
#include "proto/types/message.h"

namespace shoal::overlay {

/// Own kinds of message. All have a TTL of kWalkTtl: they name no copy but the query.
inline constexpr MessageKind kWalkStep{kFirstOwnCopyKind};         ///< a walker and its query
inline constexpr MessageKind kWalkAsks{kFirstOwnMessageKind};      ///< up: shall that walker go on?
inline constexpr MessageKind kWalkWord{kFirstOwnMessageKind + 1};  ///< down: the origin's answer
inline constexpr MessageKind kWalkEnded{kFirstOwnMessageKind + 2};  ///< up: that walker has ended
inline constexpr std::uint8_t kWalkTtl = 1;

/// Of the visits that walkers of one query may make at a peer, so many cost their link nothing.
inline constexpr std::uint32_t kWalkVisitsFree = limits::kWalkVisitsMax / 32;

/// Why a walker ended.
enum class WalkEnd : std::uint8_t {
  kFound,      ///< it came to a peer that answers the query
  kSteps,      ///< all its steps are made
  kStopped,    ///< its origin, asked on the way, had enough
  kDeadEnd,    ///< it stood at a peer with no neighbour to go to
  kGivenBack,  ///< the link that it should have gone over died before it left, or had no room
  kNoTime,     ///< the time of its search was up
  kLate,       ///< the same, while it waited for a peer's look among its files
  kRefused,    ///< it came to a peer at a limit
};
inline constexpr std::size_t kWalkEnds = 8;
/// "walkers that found something".
std::string_view to_text(WalkEnd end);
/// "it found something".
std::string_view to_text_of_one(WalkEnd end);

/// What a walker has seen.
struct WalkTally {
  std::uint16_t taken = 0;         ///< steps made
  std::uint16_t duplicates = 0;    ///< of these: to a peer that had been asked before
  std::uint16_t refused = 0;       ///< of these: to a peer that did not take it
  std::uint32_t hits_dropped = 0;  ///< (holder, file) pairs over a holder's bound
  /// Peers that were asked first by this walker, by the length of the way back from them to the
  /// origin, from 1 on.
  std::vector<std::uint16_t> asked;

  void count_asked(std::uint8_t depth);
  friend bool operator==(const WalkTally&, const WalkTally&) = default;
};

/// One walker: all that its next step depends on but the peer at which it stands.
struct Walker {
  std::uint8_t number = 0;   ///< of its search's walkers, from 0 on
  bool backtracks = true;    ///< `simple`; else it turns back only where there is no other way
  bool asks_back = false;    ///< asks its origin on the way whether to go on
  bool goes_on = false;      ///< past peers that answer the query
  std::uint16_t left = 0;    ///< steps that it may still make
  std::uint64_t random = 0;  ///< state of its own stream
  WalkTally tally;
  std::string query;  ///< encoded

  friend bool operator==(const Walker&, const Walker&) = default;
};

/// The number, below `ways`, of the way that it takes next. Requires that there is a way.
std::size_t draw_way(Walker& walker, std::size_t ways);

/// Does a walker that has made so many steps ask back there: at 16, 32 and then every 64?
constexpr bool asks_at(unsigned taken) {
  return taken == 16 || taken == 32 || (taken > 0 && taken % 64 == 0);
}

PayloadRef encode(const Walker& walker);
/// None when no honest peer sends it. Does not look into the query.
std::optional<Walker> decode_walker(const OpaqueBody& body);

/// The body of kWalkEnded, and with no reason of kWalkAsks.
struct WalkNews {
  std::uint8_t number = 0;
  std::optional<WalkEnd> why;
  WalkTally tally;
};
PayloadRef encode(const WalkNews& news);
std::optional<WalkNews> decode_news(MessageKind kind, const OpaqueBody& body);

/// Of a step or an end; else none.
std::optional<WalkerNote> walker_in(const Message& message);

/// The body of kWalkWord.
struct WalkWord {
  std::uint8_t number = 0;
  std::optional<WalkEnd> end;  ///< none: go on
};
PayloadRef encode(const WalkWord& word);
std::optional<WalkWord> decode_word(const OpaqueBody& body);

}  // namespace shoal::overlay
