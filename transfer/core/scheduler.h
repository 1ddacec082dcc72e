// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "proto/types/time.h"
#include "transfer/core/effects.h"
#include "transfer/core/merkle.h"
#include "transfer/core/pace.h"
#include "transfer/core/piece_map.h"

namespace shoal::transfer {

/// Decides which source is asked for which bytes.
///
/// A piece comes from one source at a time, so a wrong piece has one culprit. The rarest wanted
/// piece is asked first; of pieces as rare the one that the salt says, so that those who fetch at
/// once from each other begin with different ones. While every source has all, and without a salt,
/// that is the first in the file. The next piece goes to the source whose
/// open ranges are the smallest part of what it delivers in limits::kAskAhead. So a slow source
/// holds little, and a fast one never waits. How much is open grows with what a source has sent:
/// one that keeps to a rate begins with a burst, and what a reader needs would wait behind seconds
/// of what was asked for then. Until a first piece of a source was right, it holds at
/// most limits::kUnprovenPieces: that is what a liar can waste.
///
/// Where somebody reads the file while it comes, what is needed next goes before what is rare.
///
/// At the end, when all pieces are asked for and a source has nothing to do, a piece moves to it
/// from one that would need more than twice as long (limits::kMoveMargin), or that has stopped to
/// answer; each time that it moves again it has to gain twice as much, or busy sources would hand
/// it round for ever. What the slow one still sends of it is thrown away. Before the end only what
/// a reader needs moves, what a source has that is stalled (limits::kStalledTime), and what others
/// fill the room with so that a source with nothing to do may not begin: of large pieces few fit,
/// and a few slow sources would keep out all that are fast. How fast a source was is remembered
/// from turn to turn: who just begins one would be taken for fast, and get what is half there. A
/// source answers in the order it was asked.
class Scheduler {
 public:
  enum class Taken : std::uint8_t { kPart, kWholePiece, kUnneeded, kRejected };

  /// `salt` 0: pieces as rare in file order.
  explicit Scheduler(const Layout& layout, std::uint64_t salt = 0);

  /// A source is up; `have` none: it has every piece. `given`: what it gave to others, as it says;
  /// there, each of these counts as one copy more. Requires that it is not in use.
  void add(SourceRef source, std::optional<PieceMap> have,
           std::optional<PieceMap> given = std::nullopt);
  /// A source is gone: its unfinished pieces are wanted again and returned.
  std::vector<std::uint32_t> remove(SourceRef source);
  /// A source got a piece. False when there is no such piece, or it was known to have it: nobody
  /// honest says so. Requires that the source is in use.
  bool add_piece(SourceRef source, std::uint32_t piece);
  /// A source gave a piece to others. False as in add_piece().
  bool add_given(SourceRef source, std::uint32_t piece);
  /// What a source has; null: everything. Requires that it is in use.
  [[nodiscard]] const PieceMap* map_of(SourceRef source) const;
  [[nodiscard]] bool knows(SourceRef source) const;
  [[nodiscard]] std::size_t sources() const { return sources_.size(); }
  /// The one that has been in use the longest, of those that are not among `but`.
  [[nodiscard]] std::optional<SourceRef> first(std::span<const SourceRef> but) const;
  /// How fast the source is, in bytes per second; none: it is not in use, or no piece of it was
  /// right yet.
  [[nodiscard]] std::optional<std::uint64_t> proven_rate(SourceRef source) const;

  /// The source says that it holds back to keep to a rate.
  void on_paced(SourceRef source, Instant now);
  /// `since`, or later, where the source has said since then that it is paced: believed for
  /// limits::kStallPaced.
  [[nodiscard]] Instant excused(SourceRef source, Instant since) const;
  /// Since when the source owes an answer: its last bytes, or the question, or excused(). None: it
  /// owes nothing.
  [[nodiscard]] std::optional<Instant> owes_since(SourceRef source) const;
  /// Those that owe an answer.
  [[nodiscard]] std::vector<SourceRef> owing() const;
  /// Others sent something since `lately`, and each of them so much on average since the source's
  /// last bytes (limits::kStallBytes) that with a fair share of our line some of it had come, too.
  [[nodiscard]] bool others_go_on(SourceRef source, Instant lately) const;
  /// A source that is gone is a stranger when it comes again.
  void forget(SourceRef source);

  /// The piece is to be fetched. Requires that it is neither wanted nor being fetched.
  void want(std::uint32_t piece);
  /// The source that gave the piece, while it is in memory.
  [[nodiscard]] std::optional<SourceRef> giver(std::uint32_t piece) const;
  /// The piece in memory was right.
  void prove(std::uint32_t piece);
  /// The piece left the memory (written or discarded).
  void settle(std::uint32_t piece);

  /// Pieces from `first` on are needed soon, at most `count`: of those that a source has, the one
  /// that is the nearest to where its reader stands comes before the rarest. A reader has one wish;
  /// a new one replaces it, and one of no pieces ends it. Requires first + count <= pieces.
  void wish(std::uint64_t reader, std::uint32_t first, std::uint32_t count);

  /// Appends what to ask now, with a Discard for each piece that moves. The pieces in memory, and
  /// those being fetched, take at most `room` bytes: no other is begun that would not fit.
  void ask(Instant now, std::uint64_t room, Effects& effects);
  /// The bytes that they take, each counted whole.
  [[nodiscard]] std::uint64_t memory() const { return memory_; }
  /// Appends a Rest for each source that has nothing which is wanted and nothing more to send, once
  /// until that changes.
  void rest(Effects& effects);
  /// When to call `ask` again though nothing else happens: somebody waits for a piece that is slow.
  [[nodiscard]] std::optional<Instant> ask_again_at() const { return ask_again_at_; }
  Taken on_chunk(SourceRef source, std::uint64_t offset, std::uint32_t length, Instant now);
  /// True when pieces are wanted and no source that is up has one of them.
  [[nodiscard]] bool starved() const;
  [[nodiscard]] bool idle() const { return in_memory_.empty(); }
  [[nodiscard]] std::uint32_t wanted() const { return wanted_.count(); }
  /// Bytes received of pieces that are not whole.
  [[nodiscard]] std::uint64_t partial_bytes() const;

 private:
  /// Which pieces move before the end: see above.
  enum class Moves : std::uint8_t { kFew, kAny };
  struct Range {
    std::uint64_t offset;
    std::uint32_t length;
    bool needed = true;  ///< false: its piece has moved
  };
  struct Source {
    SourceRef ref;
    std::optional<PieceMap> have;
    std::optional<PieceMap> given;  ///< to others; none: it did not say
    std::deque<Range> asked;
    std::optional<std::uint32_t> piece;  ///< the one that is being asked for
    std::uint32_t next = 0;              ///< its first byte that was not asked
    bool proven = false;
    bool rests = false;
    Pace pace;
    std::optional<Instant> sent_at = std::nullopt;  ///< its last bytes
    std::uint64_t others_then = 0;  ///< received_ at its last bytes, or when it was asked
    std::optional<Instant> paced_at = std::nullopt;  ///< it last said that it holds back
  };
  struct Wish {
    std::uint32_t first;
    std::uint32_t count;
  };
  struct Held {
    std::uint32_t piece;
    SourceRef giver;
    std::uint32_t received = 0;
    std::uint8_t moved = 0;  ///< so often
  };

  Source* find(SourceRef ref);
  Held* held(std::uint32_t piece);
  [[nodiscard]] std::optional<std::uint32_t> wanted_of(const Source& source) const;
  [[nodiscard]] std::optional<std::uint32_t> rarest_of(const Source& source) const;
  [[nodiscard]] std::optional<std::uint32_t> needed_of(const Source& source) const;
  /// How much of a source may be open, however fast it seems: as much again as it has sent.
  [[nodiscard]] static std::uint64_t trust(const Source& source);
  /// How much is asked in one range: what the source delivers in limits::kRangeTime.
  [[nodiscard]] static std::uint32_t range_bytes(const Source& source);
  [[nodiscard]] static std::size_t window(const Source& source);
  [[nodiscard]] bool trusted_with_more(const Source& source) const;
  [[nodiscard]] bool may_ask(const Source& source, std::uint64_t room) const;
  void ask_one(Source& source, Instant now, Effects& effects);
  void begin(Source& source, std::uint32_t piece);
  [[nodiscard]] bool kept_out(const Source& source, std::uint64_t room) const;
  [[nodiscard]] bool may_move(const Held& one, Instant now) const;
  void move_to(Source& idle, Moves moves, Instant now, Effects& effects);
  [[nodiscard]] Duration time_left(const Source& giver, const Held& held, Instant now) const;

  [[nodiscard]] std::uint64_t rank(std::uint32_t piece) const;

  Layout layout_;
  std::uint64_t salt_;
  PieceMap wanted_;
  std::vector<Source> sources_;  ///< in order of arrival
  /// Of those that are gone, the latest last; at most limits::kSourcesKnown.
  std::deque<std::pair<SourceRef, Pace>> paces_;
  std::vector<std::uint16_t>
      partial_;                  ///< by piece: sources with a map that has it; empty: no maps
  std::vector<Held> in_memory_;  ///< few: bounded by the memory for pieces
  std::map<std::uint64_t, Wish> wishes_;  ///< by reader
  std::uint64_t received_ = 0;            ///< from all
  std::uint64_t memory_ = 0;              ///< bytes of the pieces in it
  std::optional<Instant> ask_again_at_;
};

}  // namespace shoal::transfer
