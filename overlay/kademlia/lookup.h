// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "overlay/core/env.h"
#include "overlay/kademlia/point.h"
#include "overlay/kademlia/table.h"
#include "proto/types/ids.h"
#include "proto/types/time.h"

namespace shoal::overlay::kademlia {

struct LookupPlan {
  std::size_t k = 20;  ///< how many of the nearest peers must have answered
  unsigned alpha = 3;  ///< requests that each path has open
  unsigned paths = 1;  ///< 1..kKademliaPathsMax
};

/// One search for the k peers nearest to a point (Kademlia, section 2.3), over several paths that
/// share no peer (S/Kademlia, section 4.4). Knows no message: it says whom to ask, and is told what
/// became of it.
///
/// A path ends when, of those it was told of, the k nearest that live have answered, to whichever
/// path. There is no early stop: not when the point's own records are found, nor when a round
/// brings nobody nearer. A peer is asked once, by one path, and whom it names only that path gets
/// to know; so a liar spoils one path and not the lookup.
/// Differs from the papers: whom only peers named is left aside of whom kKademliaLies were no
/// peers, and fewer were; all paths share one list of who was asked. Cost: 32 bytes a candidate; an
/// answer O(k log candidates).
class Lookup {
 public:
  Lookup(const Point& target, const Point& self, const LookupPlan& plan)
      : target_(target), self_(self), plan_(plan) {}

  /// Whom this peer knows, nearest first; they are dealt to the paths in turn.
  void begin(std::span<const PeerRef> known, EnvSource& source, Refs refs);
  /// Appends the peers to be asked now. Call it after everything that happened.
  void ask(Instant now, std::vector<PeerRef>& whom);
  /// `from` answered and named these. How many peers had to be asked to hear of `from`; nothing,
  /// and no effect, when it was not asked or is late.
  std::optional<std::uint8_t> answered(PeerRef from, std::span<const PeerRef> named,
                                       EnvSource& source, Refs refs);
  /// Nothing will come from `peer`. False when it was not asked, or has answered.
  bool failed(PeerRef peer, EnvSource& source);
  /// The peers whose requests were made by `asked_by`, or before, and are still open.
  void silent(Instant asked_by, std::vector<PeerRef>& into) const;
  /// When the oldest open request was made; Instant::max() when none is.
  [[nodiscard]] Instant oldest() const;
  /// Nobody is asked now, nor will be. Requires that ask() was called last.
  [[nodiscard]] bool over() const { return open_ == 0; }

  /// The k nearest of those that answered, nearest first.
  [[nodiscard]] std::vector<PeerRef> nearest() const;
  [[nodiscard]] const Point& target() const { return target_; }
  [[nodiscard]] unsigned requests() const { return requests_; }
  [[nodiscard]] unsigned answers() const { return answers_; }
  /// Peers that answered, by how many peers one had to ask to hear of them; [0] were known before.
  [[nodiscard]] const std::vector<std::uint32_t>& by_hop() const { return by_hop_; }
  /// It ended at kKademliaRequests.
  [[nodiscard]] bool cut() const { return cut_; }
  /// Gives up all handles. To be called once, at the end.
  void release(Refs refs);
  [[nodiscard]] std::size_t bytes() const;
  /// Has the processor fetch what answered() will read.
  void warm() const {
    const auto* const first = reinterpret_cast<const char*>(candidates_.data());
    for (std::size_t at = 0; at < candidates_.size() * sizeof(Candidate); at += 64) {
      __builtin_prefetch(first + at);
    }
  }

 private:
  enum class State : std::uint8_t { kHeardOf, kAsked, kAnswered, kFailed };
  struct Candidate {
    std::uint64_t distance;    ///< its first 64 bits
    std::uint64_t namers = 0;  ///< who named it, as bits
    PeerRef peer;
    std::uint32_t asked_ms = 0;  ///< after `epoch_`
    State state = State::kHeardOf;
    std::uint8_t paths = 0;  ///< those that were told of it, as bits
    std::uint8_t path = 0;   ///< that asked it
    std::uint8_t hop = 0;
  };
  static_assert(sizeof(Candidate) == 32);
  /// One that was named just now.
  struct Named {
    std::uint64_t distance;
    PeerRef peer;
    std::uint16_t place = 0;  ///< among the candidates
    std::uint8_t paths = 0;
  };
  /// What became of those that one peer named.
  struct Namer {
    std::uint16_t lived = 0;
    std::uint16_t failed = 0;
  };
  /// The first namer is this peer itself, and behind the last bit stand all further ones; these two
  /// are believed whatever happens.
  static constexpr unsigned kNamers = 64;
  using Place = std::vector<Candidate>::iterator;

  Place find(PeerRef peer, EnvSource& source);
  [[nodiscard]] bool is_self(PeerRef peer, std::uint64_t prefix, EnvSource& source) const;
  [[nodiscard]] bool nearer(PeerRef a, PeerRef b, EnvSource& source) const;
  [[nodiscard]] std::uint8_t told(unsigned path) const;
  /// Adds those that `named` names anew, and notes by whom the others were named too. Changes
  /// `named`.
  void name(std::span<Named> named, std::uint8_t hop, unsigned namer, EnvSource& source, Refs refs);
  std::size_t place_all(std::span<Named> named, std::uint64_t named_by, EnvSource& source);
  [[nodiscard]] bool believed(std::uint64_t namers) const { return (namers & ~liars_) != 0; }
  void make_room(Refs refs);
  void judge_namers(const Candidate& candidate, bool lived);
  bool ask_next(unsigned path, Instant now, std::vector<PeerRef>& whom);
  [[nodiscard]] bool left_aside(const Candidate& candidate) const;

  Point target_;
  Point self_;  // never asked, whoever names it
  LookupPlan plan_;
  std::vector<Candidate> candidates_;  // nearest first
  std::array<Namer, kNamers> namers_{};
  std::uint64_t liars_ = 0;  // as bits
  std::vector<std::uint32_t> by_hop_;
  std::array<std::uint8_t, limits::kKademliaPathsMax> open_of_path_{};
  Instant epoch_{};
  unsigned named_by_ = 1;     // peers that named others, this one included
  std::uint8_t hopeful_ = 0;  // paths that may have somebody to ask now, as bits
  unsigned open_ = 0;
  unsigned requests_ = 0;
  unsigned answers_ = 0;
  bool cut_ = false;
  bool failures_ = false;
};

}  // namespace shoal::overlay::kademlia
