// SPDX-License-Identifier: Apache-2.0
// What each overlay promises beyond what all have to. A new one takes one row in promises.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "proto/types/ids.h"
#include "sim/contract/ask.h"

namespace shoal::sim {

/// Whom a search asks while nothing befalls anybody.
enum class Reach : std::uint8_t {
  kSomebody,      ///< one neighbour at least
  kBall,          ///< exactly the peers within TTL hops, each at its distance
  kBallOrEnough,  ///< the same, unless it found as many as it wanted before
  kPartOfBall,    ///< nobody beyond TTL hops, and one neighbour at least
  kMatchingBall,  ///< the same but for those at the last hop that hold nothing it looks for
  kHolder,        ///< whoever it takes to find a holder, if there is one
};

/// A way to use an overlay; what is drawn for a search is made to fit it.
struct Manner {
  std::string_view name;  ///< empty: the only one
  void (*adapt)(Ask& ask);
};

struct Promises {
  OverlayId id;
  Reach (*reach)(const Ask& ask);
  /// Query copies that the search may send at most, over all links.
  std::uint64_t (*copies_max)(const Shape& shape, const Ask& ask);
  /// Node::bytes() of a peer with so many links while the searches are open, and when all of them
  /// are over and forgotten.
  std::size_t (*busy_bytes)(std::span<const Ask> open, std::size_t links);
  std::size_t (*idle_bytes)(std::size_t links);
  /// Its searches make at most TTL hops, within time budgets that nest. Else `copies_max` alone
  /// bounds them, and the end of their time may come before an answer.
  bool by_ttl = true;
  /// What is out of a search that is taken back is called back.
  bool recalls = true;
  bool counts_echoes = true;  ///< its reports can be complete
  /// Whether they are while nothing befalls anybody and echoes are on. Null: those of all searches.
  bool (*completes)(const Ask& ask) = nullptr;
  /// Whether a complete report counts the peers of one flood of several that know nothing of each
  /// other, and so fewer than were asked where peers came and went between them. Null: never.
  bool (*counts_one_flood)(const Ask& ask) = nullptr;
  /// It asks some peers only when others have answered: with long delays its time may be over
  /// before it has asked all, and then it promises neither reach nor that all who were asked are
  /// found.
  bool one_after_another = false;
  /// When all searches are forgotten, nothing happens any more.
  bool rests = true;
  /// Empty: any search fits it.
  std::span<const Manner> manners = {};
  /// How long its peers need from their start until a search finds what there is.
  Duration settles{};
  /// Hops of the copies that are sent when a search starts. Null: its TTL.
  std::uint8_t (*first_ttl)(const Ask& ask) = nullptr;
};

/// Null when that overlay has stated nothing: then it breaks the contract.
const Promises* promises_of(OverlayId id);

}  // namespace shoal::sim
