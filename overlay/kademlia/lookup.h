// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "overlay/core/env.h"
#include "overlay/kademlia/point.h"
#include "overlay/kademlia/table.h"
#include "proto/types/bodies.h"
#include "proto/types/ids.h"
#include "proto/types/limits.h"
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
/// peers, and fewer were; all paths share one list of who was asked. Cost: 6 KiB; an answer O(k),
/// and O(candidates) bytes moved for each that is new.
class Lookup {
 public:
  Lookup(const Point& target, const Point& self, const LookupPlan& plan)
      : target_(target), self_(self), plan_(plan) {
    index_.fill(kNobody);
  }

  /// Whom this peer knows, nearest first; they are dealt to the paths in turn.
  void begin(std::span<const PeerRef> known, EnvSource& source, Refs refs);
  /// Appends the peers to be asked now. Call it after everything that happened.
  template <class Whom>
  void ask(Instant now, Whom& whom) {
    if (requests_ == 0) epoch_ = now;
    // In turn, so that no path takes all the near ones.
    for (bool any = true; any;) {
      any = false;
      for (unsigned path = 0; path < plan_.paths; ++path) {
        const auto bit = static_cast<std::uint8_t>(1U << path);
        if ((hopeful_ & bit) == 0 || open_of_path_[path] >= open_most(path)) continue;
        const PeerRef next = ask_next(path, now);
        if (next != kNoPeer) {
          whom.push_back(next);
          any = true;
        } else {  // until something changes
          hopeful_ &= static_cast<std::uint8_t>(~bit);
        }
      }
    }
  }
  /// `from` answered and named these. How many peers had to be asked to hear of `from`; nothing,
  /// and no effect, when it was not asked or is late.
  std::optional<std::uint8_t> answered(PeerRef from, std::span<const Contact> named,
                                       EnvSource& source, Refs refs);
  /// Nothing will come from `peer`. False when it was not asked, or has answered.
  bool failed(PeerRef peer);
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
  [[nodiscard]] bool has_answered(PeerRef peer) const {
    const Number number = find(peer);
    return number != kNobody && candidates_[number].state == State::kAnswered;
  }
  /// Peers that answered, by how many peers one had to ask to hear of them; [0] were known before.
  [[nodiscard]] const std::vector<std::uint32_t>& by_hop() const { return by_hop_; }
  /// It ended at kKademliaRequests.
  [[nodiscard]] bool cut() const { return cut_; }
  /// Gives up all handles. To be called once, at the end.
  void release(Refs refs);
  /// Beside this object itself.
  [[nodiscard]] std::size_t bytes() const { return by_hop_.capacity() * sizeof(by_hop_[0]); }
  /// Has the processor fetch what answered() will read.
  void warm() const;

 private:
  enum class State : std::uint8_t { kHeardOf, kAsked, kAnswered, kFailed };
  /// What is looked at most of a candidate: eight stand in a cache line.
  struct Candidate {
    PeerRef peer;
    State state = State::kHeardOf;
    std::uint8_t paths = 0;  ///< those that were told of it, as bits
    std::uint8_t path = 0;   ///< that asked it
    std::uint8_t hop = 0;
  };
  static_assert(sizeof(Candidate) == 8);
  /// Candidates are numbered as they were heard of.
  using Number = std::uint8_t;
  static constexpr Number kNobody = 0xff;
  static constexpr std::size_t kMost = limits::kKademliaCandidates + 1;
  static_assert(kMost < kNobody);
  /// Of the index; more than candidates, so that looking for one comes to an end.
  static constexpr std::size_t kPlaces = 256;
  /// The first namer is this peer itself, and behind the last bit stand all further ones; these two
  /// are believed whatever happens.
  static constexpr unsigned kNamers = 64;
  static constexpr std::uint64_t kAlwaysBelieved = std::uint64_t{1} | std::uint64_t{1}
                                                                          << (kNamers - 1);
  /// How a peer was told of.
  struct Telling {
    std::uint64_t namer;  ///< as a bit
    std::uint8_t paths;
    std::uint8_t hop;
  };

  [[nodiscard]] static std::size_t home_of(PeerRef peer) { return peer.value * 0x9e37'79b9U >> 24; }
  [[nodiscard]] Number find(PeerRef peer) const {
    for (std::size_t at = home_of(peer);; at = (at + 1) % kPlaces) {
      const Number number = index_[at];
      if (number == kNobody || candidates_[number].peer == peer) return number;
    }
  }
  void index(Number number);
  [[nodiscard]] bool is_self(PeerRef peer, std::uint64_t prefix, EnvSource& source) const;
  [[nodiscard]] bool nearer(PeerRef a, PeerRef b, EnvSource& source) const;
  [[nodiscard]] std::uint8_t told(unsigned path) const;
  void tell(Number known, const Telling& telling);
  void name(PeerRef peer, const Telling& telling, EnvSource& source, Refs refs);
  [[nodiscard]] std::size_t place_of(std::uint64_t distance, PeerRef peer, EnvSource& source) const;
  /// While everybody lives whom one heard of, nobody will come to those that are so far behind.
  [[nodiscard]] std::size_t far_enough() const { return (3 + failures_) * plan_.k; }
  [[nodiscard]] bool believed(std::uint64_t namers) const { return (namers & ~liars_) != 0; }
  void make_room(Refs refs);
  void forget(const std::array<bool, kMost>& gone);
  [[nodiscard]] unsigned lived(unsigned namer) const;
  void judge_lived(std::uint64_t namers);
  void judge_failed(std::uint64_t namers);
  PeerRef ask_next(unsigned path, Instant now);
  /// Whom this peer knows is far away for the most part, and whom these know seldom among the
  /// nearest: so a path has one open until somebody answered, and two until one of those answered
  /// that it was named.
  [[nodiscard]] unsigned open_most(unsigned path) const {
    if ((unsigned{led_} >> path & 1U) != 0) return plan_.alpha;
    return std::min(plan_.alpha, 1U + (unsigned{begun_} >> path & 1U));
  }
  [[nodiscard]] bool left_aside(Number number) const;

  Point target_;
  Point self_;  // never asked, whoever names it
  LookupPlan plan_;
  std::uint64_t liars_ = 0;  // as bits
  Instant epoch_{};
  std::size_t size_ = 0;   // candidates
  unsigned named_by_ = 1;  // peers that named others, this one included
  unsigned open_ = 0;
  unsigned requests_ = 0;
  unsigned answers_ = 0;
  unsigned failures_ = 0;
  std::uint8_t hopeful_ = 0;  // paths that may have somebody to ask now, as bits
  std::uint8_t begun_ = 0;    // paths of which one answered, as bits
  std::uint8_t led_ = 0;      // paths of which one that was named answered, as bits
  bool cut_ = false;
  std::array<std::uint8_t, limits::kKademliaPathsMax> open_of_path_{};
  std::vector<std::uint32_t> by_hop_;
  std::array<std::uint8_t, kNamers> failed_{};  // of those that each namer named
  // In parts, since an answer looks at a part of each only.
  std::array<Number, kPlaces> index_;          // of candidates, by peer, next free place
  std::array<Candidate, kMost> candidates_;    // by number, as all below but the order
  std::array<Number, kMost> order_;            // nearest first
  std::array<std::uint64_t, kMost> far_;       // the first 64 bits of the distance, in that order
  std::array<std::uint64_t, kMost> namers_;    // who named it before it answered, as bits
  std::array<std::uint32_t, kMost> asked_ms_;  // after `epoch_`
};

}  // namespace shoal::overlay::kademlia
