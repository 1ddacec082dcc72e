// SPDX-License-Identifier: Apache-2.0
// START HERE: the simulator's engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "overlay/core/node.h"
#include "proto/types/limits.h"
#include "sim/engine/content.h"
#include "sim/engine/link.h"
#include "sim/engine/observer.h"
#include "sim/engine/open_network.h"

namespace shoal::sim {

class Graph;
class Machine;

/// In which order the events of one window are carried out. Results do not depend on it.
enum class Order : std::uint8_t {
  kGrouped,  ///< peer by peer, each peer's in the total order; fast, and on several threads
  kTotal,    ///< by (time, causer, the causer's own count) over all peers, as observers like it
};

struct EngineOptions {
  std::uint64_t seed = 1;
  overlay::NodeConfig node;
  /// Messages that wait on one direction of a stalled link; see limits::kLinkQueueMessages.
  std::size_t queue_messages = limits::kLinkQueueMessages;
  /// From a Lookup to its matches: this much, and up to `lookup_jitter` more.
  Duration lookup{};
  Duration lookup_jitter{};
  /// No message takes less, jitter left aside; shorter link delays are raised to it and counted. It
  /// is the length of the engine's window, so one far below the usual delay makes a run slow.
  Duration floor = std::chrono::milliseconds(1);
  /// At most limits::kSimThreadsMax. More than one goes with Order::kGrouped only.
  unsigned threads = 1;
  Order order = Order::kGrouped;
  /// Threads are woken when so many events of the window before could have happened while others
  /// did; with fewer, waking costs more than it gives. Results do not depend on it.
  std::uint32_t work_for_threads = 500;
  /// Peers per shard, as a power of two: 0 to 16. Results do not depend on it.
  unsigned shard_bits = 12;
  /// What peers share; null: nothing. Must outlive the engine.
  const Content* content = nullptr;
  /// Of every peer. Null: as `node` says.
  MakeMembership membership;
  /// Counts where `node` is open, and for links that peers dial.
  OpenNetwork open;
};

/// The second driver of the overlay core: up to millions of peers in one process, virtual time, and
/// the faults that a real link has, no others.
///
/// A conservative, window-synchronous engine. The window is the smallest link delay, so nothing
/// that happens in a window can reach another peer within it: peers are worked through one after
/// the other, a few thousand of them per shard, shards on several threads. Each peer sees its
/// events in the order of (time, causer, the causer's own count); world actions run between
/// windows, one at a time, before anything else that happens at their instant. So equal options and
/// equal calls give equal runs on every machine, with any number of threads and in both orders:
/// compare digest().
///
/// A link is first-in first-out, lossless and duplicate-free until it goes down, stalls, or its
/// queue overflows and gives messages back. An end that cuts its link itself (overflow of an
/// answer, too many strikes) does so at once; the other end learns of it `floor` later.
/// Peers are numbered from 0 in the order of their making; a PeerRef is that number.
///
/// Threads: the owner's. All calls but the getters are made between runs or from a world action;
/// only Content and the observers of measure() are called from the engine's own threads.
class Engine {
 public:
  /// Errors: kInvalidArgument (a floor of zero: without a smallest delay there is no window; too
  /// many threads, or several with Order::kTotal; shard_bits).
  static Result<std::unique_ptr<Engine>> make(const EngineOptions& options,
                                              std::span<const overlay::OverlayEntry> overlays);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  // ---- who there is --------------------------------------------------------------------------
  /// Adds so many peers; the first one's name.
  PeerRef add_peers(std::uint32_t count = 1);
  /// Adds the peers of `graph`, all friends where it has links, with delays drawn from `law` under
  /// the engine's seed; all links are up at once. As if by add_peers() and connect() in ascending
  /// order, and much faster. Peers added later have lines as fast as may be. Requires that there
  /// are no peers yet, and law.floor() >= floor.
  void build(const Graph& graph, const LinkLaw& law);
  [[nodiscard]] std::uint32_t size() const;
  [[nodiscard]] bool alive(PeerRef peer) const;
  /// Makes two peers friends and a link between them, up at once. Requires that they have none.
  void connect(PeerRef first, PeerRef second, const LinkDelay& delay, Friendship friendship = {});

  // ---- what befalls them ---------------------------------------------------------------------
  /// Calls `action` at `at`, before anything else that happens then. Requires at >= now().
  void at(Instant at, std::function<void()> action);
  /// Cuts the link: what is on its way is lost. Each end learns of it so much later.
  void take_down(PeerRef first, PeerRef second, Duration first_learns = {},
                 Duration second_learns = {});
  /// A new incarnation of the link, if both ends live. An end that still believed in the old one
  /// learns first that it is gone.
  void bring_up(PeerRef first, PeerRef second);
  /// A dial of `from` is turned away: on_link_down(kRefused). Requires that no link is up.
  void refuse(PeerRef from, PeerRef to);
  /// From now on what `from` sends to `to` waits, until it is told otherwise.
  void stall(PeerRef from, PeerRef to, bool stalled);
  /// The process ends without a word; its links go down, and its neighbours learn it so much later.
  void crash(PeerRef peer, Duration neighbours_learn = {});
  /// A crashed peer starts again with its friends, and no memory. No link is up yet.
  void restart(PeerRef peer);
  /// From now on `peer` speaks without a link, and dials, on this side only; all begin on side 0.
  void put_on_side(PeerRef peer, std::uint8_t side);
  /// From now on nobody can dial `peer`, or everybody can, as at first; it may dial others.
  void hide(PeerRef peer, bool hidden);
  /// From now on the clock of `peer` gains `ppm` microseconds in a second (loses them where below
  /// 0), over a crash too. Requires at most limits::kClockSkewMax. A peer's clock is all it knows
  /// of time: what it calls now, when its timers fire, what its reports say. Observers, actions and
  /// links keep the true time.
  void drift(PeerRef peer, std::int32_t ppm);
  /// The clock of `peer` jumps so far forward: timers that it passes fire now. There is no jump
  /// back: a driver hides it (Env::now never goes back), and so the wire host reads a monotonic
  /// clock. Requires forward >= 0.
  void jump(PeerRef peer, Duration forward);

  // ---- what their users do -------------------------------------------------------------------
  /// The engine keeps an own copy of the request's body until its end (some 250 bytes), and that is
  /// what messages carry: handles of it must not outlive the engine.
  Result<QueryId> search(PeerRef origin, const overlay::SearchRequest& request);
  void cancel(PeerRef origin, QueryId query);
  void unfriend(PeerRef at, PeerRef other);
  /// `at` hears of somebody by whom to join an open network.
  void introduce(PeerRef at, PeerRef peer);
  /// What `at` shares is another now.
  void change_shares(PeerRef at);
  /// Hands a message to `to` as if `from` had sent it, past all rules. Requires a link that is up.
  Verdict inject(PeerRef from, PeerRef to, const Message& message);
  /// Bytes that are no message reach `to` from `from`. Requires a link that is up.
  void garbage(PeerRef from, PeerRef to);

  // ---- time ----------------------------------------------------------------------------------
  [[nodiscard]] Instant now() const;
  /// Lets everything happen up to `until`, that instant too.
  void run_until(Instant until);
  /// Lets everything happen that will, but nothing after `until`; true if nothing is left. Then
  /// now() is when the last thing happened, else `until`.
  bool run(Instant until);
  /// Gives memory that is not in use back to the system. For the end of a phase, not for its
  /// middle.
  void shrink();

  // ---- what is seen --------------------------------------------------------------------------
  /// `observer` sees everything in the total order, and must outlive the engine. Requires
  /// Order::kTotal, and that no measure() is there.
  void watch(Observer& observer);
  /// One observer per shard, from now on: it sees what its peers do, each peer's in order, called
  /// by one thread at a time. `make` is called for each shard now and as shards are added; what it
  /// returns is owned by the caller and must outlive the engine. Replaces all observers.
  void measure(const std::function<Observer*(std::uint32_t shard)>& make);
  [[nodiscard]] const overlay::Node& node(PeerRef peer) const;
  /// A sum of hashes over all deliveries so far: equal for equal runs.
  [[nodiscard]] std::uint64_t digest() const;
  /// Messages that reached a node.
  [[nodiscard]] std::uint64_t deliveries() const;
  /// Directions of links whose delay was raised to the floor.
  [[nodiscard]] std::uint64_t raised() const;

 private:
  explicit Engine(std::unique_ptr<Machine> machine);

  std::unique_ptr<Machine> machine_;
};

}  // namespace shoal::sim
