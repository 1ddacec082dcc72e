// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "proto/types/ids.h"
#include "transfer/core/piece_map.h"
#include "transfer/core/shaper.h"

namespace shoal::transfer {

/// Which pieces of one content were given to whom, so that those who are served at once can ask for
/// different ones: a crowd is as fast as the pieces that only its seed has come out of it, and the
/// fetchers cannot see from their neighbours what the seed has just given to others.
///
/// What is told is a hint; who asks for a piece gets it. When every piece was given once, a turn
/// that begins is told of those that were given twice, and so on; a turn that nobody ends is told
/// of each piece once. Differs from super-seeding (BEP 16): nothing is
/// hidden, so nobody waits for what he needs most. Cost: O(turns) for each piece, O(pieces) for
/// each turn; 2 bytes a piece, a bit for each turn.
class Spread {
 public:
  explicit Spread(std::uint32_t pieces) : given_(pieces), least_of_(pieces) {}

  /// A turn begins. What was given so far; none while no other peer is served. Requires that it has
  /// none.
  std::optional<PieceMap> begin(UploadRef turn, const PeerId& peer);
  /// A turn of this content asks for a piece, which counts as given from now on. Those who hear of
  /// it by take_news().
  std::vector<UploadRef> on_asked(UploadRef turn, std::uint32_t piece);
  /// The last byte of it is sent.
  void on_sent(UploadRef turn, std::uint32_t piece);
  /// What others were given since, each piece told once in a turn.
  std::vector<std::uint32_t> take_news(UploadRef turn);
  /// What it asked for and did not get was not given. Unknown ones are ignored.
  void end(UploadRef turn);

  [[nodiscard]] bool unused() const { return turns_.empty(); }

 private:
  struct Turn {
    PeerId peer;
    PieceMap told;
    std::vector<std::uint32_t> open;  ///< asked for and not sent, at most limits::kUploadRequests
    std::vector<std::uint32_t> news;
  };

  [[nodiscard]] PieceMap given() const;
  void count_least();

  std::vector<std::uint16_t> given_;  ///< by piece: so often; at most UINT16_MAX
  std::uint16_t least_ = 0;           ///< of given_
  std::uint32_t least_of_;            ///< pieces that were given so often
  std::map<UploadRef, Turn> turns_;
};

}  // namespace shoal::transfer
