// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/rng.h"
#include "proto/types/time.h"
#include "sim/topology/graph.h"

namespace shoal::sim {

/// What may befall a link or a peer at an instant, each by one verb of the engine. In the order in
/// which those of one instant happen: ends that must not meet a beginning come first.
enum class IncidentKind : std::uint8_t {
  kCrash,     ///< `first` ends without a word
  kLinkDown,  ///< the link of both is cut
  kFlow,      ///< what `first` sends to `second` stalls no longer
  kRestart,   ///< `first` starts again
  kRefuse,    ///< a dial of `first` to `second` is turned away
  kLinkUp,    ///< the link comes up again, if both live
  kStall,     ///< what `first` sends to `second` waits from now on
  kJump,      ///< the clock of `first` jumps forward by `by`
};

struct Incident {
  Instant at;
  IncidentKind kind = IncidentKind::kCrash;
  PeerRef first = kNoPeer;
  PeerRef second = kNoPeer;  ///< kNoPeer for crash, restart and jump
  Duration by{};
  friend auto operator<=>(const Incident&, const Incident&) = default;
};

/// From when to when something lasts; to Instant::max() for good.
struct Period {
  Instant from;
  Instant to;
  friend auto operator<=>(const Period&, const Period&) = default;
};

/// Whom a partition keeps from whom.
enum class PartitionKind : std::uint8_t {
  kSymmetric,   ///< neither side hears the other
  kAsymmetric,  ///< the peers of the side are not heard by the others, but hear these
};

/// How often something goes wrong somewhere in the network, at random moments (Poisson), and for
/// how long.
struct IncidentRate {
  double per_second = 0;
  Duration lasts{};
  friend bool operator==(const IncidentRate&, const IncidentRate&) = default;
};
struct IncidentRates {
  IncidentRate link_downs{};  ///< of a link, all alike
  IncidentRate stalls{};      ///< of one way of a link: it is clogged
  IncidentRate crashes{};     ///< of a peer
  IncidentRate jumps{};       ///< of a peer's clock; `lasts` is how far
  friend bool operator==(const IncidentRates&, const IncidentRates&) = default;
};

/// What will go wrong in a run, as a list that is known before it begins: what a driver applies,
/// what a failing scenario is shrunk by.
///
/// Whatever is put in may overlap: a link is down as long as anything keeps it down (a crash of
/// either end too), a way stalls as long as anything stalls it. So the list never ends one trouble
/// by the end of another.
class IncidentPlan {
 public:
  /// `graph` must outlive the plan. Every link named below has to be one of the graph's.
  explicit IncidentPlan(const Graph& graph) : graph_(graph) {}

  void link_down(PeerRef first, PeerRef second, Period period);
  /// The way from `from` to `to` only.
  void stall(PeerRef from, PeerRef to, Period period);
  void crash(PeerRef peer, Period period);
  /// Its clock jumps forward.
  void jump(PeerRef peer, Instant at, Duration by);
  /// Parts the peers for which `side` is true from the others (or keeps the others from hearing
  /// them). As on a real network nobody is told: what is sent over links between the two waits. An
  /// end notices after `notice` of silence that its link is dead, and cuts it; what is left of the
  /// period such a link is down. At the end of the period it comes up. Requires a flag per peer.
  void partition(const std::vector<bool>& side, PartitionKind kind, Period period, Duration notice);
  /// A partition with one peer on one side.
  void isolate(PeerRef peer, PartitionKind kind, Period period, Duration notice);
  /// Peers that nobody can dial, behind a NAT: a link of two of these never comes up, and the dials
  /// of both are turned away at `at`. Others reach them by the link that they dial themselves.
  void undialable(const std::vector<bool>& peers, Instant at);
  /// Random ones, that begin in `period` and may end later.
  void at_random(const IncidentRates& rates, Period period, Rng rng);

  /// Ends all that still lasts at `at`, and leaves out what would begin from then on: first
  /// trouble, then a time in which everything must work out. Links of undialable peers stay down.
  void heal(Instant at);

  /// All in order: by time, kind, peers.
  [[nodiscard]] std::vector<Incident> incidents() const;

 private:
  /// A link by its smaller peer first, one of its ways, or a peer and kNoPeer.
  using Where = std::pair<PeerRef, PeerRef>;
  struct Trouble {
    Where where;
    Period period;
    friend auto operator<=>(const Trouble&, const Trouble&) = default;
  };

  static std::vector<Trouble> merged(std::vector<Trouble> troubles);

  const Graph& graph_;
  std::vector<Trouble> downs_;
  std::vector<Trouble> stalls_;
  std::vector<Trouble> crashes_;
  std::vector<Trouble> shut_;  // links of two undialable peers
  std::vector<Incident> jumps_;
};

/// Does to `driver` (an Engine, a World) what befalls it. `notice`: how long the neighbours of a
/// crashed peer do not know; the ends of a cut link know at once.
template <class Driver>
void apply(Driver& driver, const Incident& incident, Duration notice) {
  switch (incident.kind) {
    case IncidentKind::kCrash:
      return driver.crash(incident.first, notice);
    case IncidentKind::kLinkDown:
      return driver.take_down(incident.first, incident.second);
    case IncidentKind::kFlow:
      return driver.stall(incident.first, incident.second, false);
    case IncidentKind::kRestart:
      return driver.restart(incident.first);
    case IncidentKind::kRefuse:
      return driver.refuse(incident.first, incident.second);
    case IncidentKind::kLinkUp:
      return driver.bring_up(incident.first, incident.second);
    case IncidentKind::kStall:
      return driver.stall(incident.first, incident.second, true);
    case IncidentKind::kJump:
      return driver.jump(incident.first, incident.by);
  }
}

/// A random share of the peers, each with that probability: a side for partition() or undialable().
std::vector<bool> draw_side(std::uint32_t peers, double share, Rng rng);

}  // namespace shoal::sim
