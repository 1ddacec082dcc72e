// SPDX-License-Identifier: Apache-2.0
// A download from sources of drawn speeds and habits, in virtual time. Bytes do not exist: a piece
// is right or wrong. The manifest is made of drawn hashes, so that a file may have any length.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "proto/types/rng.h"
#include "transfer/core/download.h"

namespace shoal::transfer::testing {

struct SourceSpec {
  std::uint64_t rate = 10'000'000;                ///< bytes per second
  Duration delay = std::chrono::milliseconds(5);  ///< from a question to the start of its answer
  std::optional<PieceMap> have = std::nullopt;    ///< none: all
  std::uint64_t lies_after = ~std::uint64_t{0};   ///< wrong bytes from its n-th range on
  Instant stalls_at = Instant::max();             ///< sends nothing from then on, and stays
  Instant vanishes_at = Instant::max();           ///< hangs up
  std::vector<std::pair<Instant, std::uint32_t>> gets = {};  ///< pieces that `have` lacks
  /// From the first to the second it sends nothing; what it was asked for comes afterwards. In
  /// order, apart.
  std::vector<std::pair<Instant, Instant>> silences = {};
  bool says_paced = false;  ///< in each silence, every limits::kPlaceToldMax
};

class Swarm {
 public:
  /// What happened to one source, for a judge who knows only times.
  struct Heard {
    enum class What : std::uint8_t { kUp, kAsked, kSent, kPaced, kStalled, kAskedAgain };
    What what;
    Instant at;
    Instant until{};          ///< stalled: its pause
    std::uint64_t bytes = 0;  ///< asked or sent
  };

  /// `hash_time`: from a whole piece to the judgement about it.
  Swarm(std::uint64_t length, std::vector<SourceSpec> sources,
        Duration hash_time = std::chrono::microseconds(800));

  /// Plays until the file is placed, or nothing happens any more, or an hour has passed.
  void play();

  [[nodiscard]] bool placed() const { return placed_; }
  /// When the last piece was written.
  [[nodiscard]] Duration fetched_in() const { return written_at_ - Instant{}; }
  [[nodiscard]] const Download& core() const { return core_; }
  [[nodiscard]] std::uint64_t given_by(std::size_t source) const { return given_[source]; }
  [[nodiscard]] bool set_aside(std::size_t source) const { return aside_[source]; }
  [[nodiscard]] bool sought() const { return sought_; }
  [[nodiscard]] const std::vector<Heard>& heard(std::size_t source) const { return heard_[source]; }
  /// When the manifest was whole.
  [[nodiscard]] Instant manifest_at() const { return manifest_at_; }
  /// Calls of the core.
  [[nodiscard]] std::uint64_t inputs() const { return inputs_; }
  /// A source was asked for a piece that it had not told of.
  [[nodiscard]] bool asked_untold() const { return asked_untold_; }
  [[nodiscard]] const std::vector<Hash256>& layer() const { return layer_; }
  [[nodiscard]] ContentId id() const { return {root_of_layer(layer_, layout()), layout().length}; }
  [[nodiscard]] const Layout& layout() const { return core_.layout(); }

 private:
  enum class Kind : std::uint8_t {
    kManifest,
    kChunk,
    kHashed,
    kWritten,
    kChecked,
    kSynced,
    kHave,
    kGone,
    kPaced,
    kUp
  };
  struct Event {
    Kind kind;
    std::uint32_t source = 0;
    std::uint64_t offset = 0;  ///< or the piece, or the first hash
    std::uint32_t length = 0;  ///< or the number of hashes
    bool wrong = false;
    std::uint32_t stream = 0;  ///< of the source; one that was hung up on says nothing more
  };

  void at(Instant when, const Event& event) { events_.emplace(when, event); }
  void happen(const Event& event);
  void chunk(const Event& event);
  void drain();
  void ask(const AskRange& one);
  void come_up(std::uint32_t source);
  [[nodiscard]] Instant awake(std::size_t source, Instant when) const;
  void note(SourceRef source, Heard::What what, Instant until = {}, std::uint64_t bytes = 0);
  [[nodiscard]] Hash256 hash_of(std::uint32_t piece, bool wrong) const;

  std::vector<SourceSpec> sources_;
  Duration hash_time_;
  std::vector<Hash256> layer_;
  Download core_;
  Effects effects_;
  Instant now_{};
  Instant written_at_{};
  std::multimap<Instant, Event> events_;  ///< equal times in the order of their making
  std::vector<Instant> free_at_;          ///< by source: when its line is free
  std::vector<std::uint64_t> asked_;
  std::vector<std::uint64_t> given_;
  std::vector<bool> aside_;
  std::vector<bool> gone_;
  std::map<std::uint32_t, bool> wrong_;  ///< pieces in memory: is any of it wrong
  std::vector<std::uint32_t> stream_;
  std::vector<std::vector<Heard>> heard_;
  std::uint64_t inputs_ = 0;
  Instant manifest_at_ = Instant::max();
  bool placed_ = false;
  bool sought_ = false;
  bool asked_untold_ = false;
};

}  // namespace shoal::transfer::testing
