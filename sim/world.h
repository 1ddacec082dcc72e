// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "overlay/core/node.h"
#include "proto/types/limits.h"
#include "sim/engine/observer.h"
#include "sim/engine/open_network.h"
#include "sim/event_queue.h"
#include "sim/link_table.h"
#include "sim/peer.h"

namespace shoal::sim {

struct WorldOptions {
  std::uint64_t seed = 1;
  overlay::NodeConfig node;
  /// Messages that wait on one direction of a stalled link; see limits::kLinkQueueMessages.
  std::size_t queue_messages = limits::kLinkQueueMessages;
  /// From a Lookup to its matches: this much, and up to `lookup_jitter` more.
  /// Both zero: the answer comes right after the effects of the call that asked.
  Duration lookup{};
  Duration lookup_jitter{};
  /// When one end cuts a link (overflow of an answer, strikes), the other learns it so much later.
  Duration cut_learned{};
  /// Of every peer. Null: as `node` says.
  MakeMembership membership;
  /// Counts where `node` is open, and for links that peers dial.
  OpenNetwork open;
  /// Dials end at multiples of it; 0: at any time.
  Duration dial_grain{};
  /// Whether each peer's life is written down.
  bool record = false;
};

/// The second driver of the overlay core: any number of peers in one process, virtual time, and the
/// faults that a real link has, no others.
///
/// A link is first-in first-out, lossless and duplicate-free until it goes down, stalls, or its
/// queue overflows and gives messages back. Events happen in one total order (EventOrder), so that
/// equal options and equal calls give equal runs on every machine: compare digest().
/// Peers are numbered from 0 in the order of their making; a PeerRef is that number.
class World {
 public:
  explicit World(const WorldOptions& options, std::span<const overlay::OverlayEntry> overlays);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  // ---- who there is --------------------------------------------------------------------------
  PeerRef add_peer();
  [[nodiscard]] std::size_t size() const { return peers_.size(); }
  [[nodiscard]] PeerId id_of(PeerRef peer) const;
  [[nodiscard]] bool alive(PeerRef peer) const { return peer_of(peer).node != nullptr; }
  void share(PeerRef peer, HitFile file);
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
  /// A crashed peer starts again with its friends and shares, and no memory. No link is up yet.
  void restart(PeerRef peer);
  /// From now on `peer` speaks without a link, and dials, on this side only; all begin on side 0.
  void put_on_side(PeerRef peer, std::uint8_t side) { peer_of(peer).side = side; }
  /// From now on nobody can dial `peer`, or everybody can, as at first; it may dial others.
  void hide(PeerRef peer, bool hidden) { peer_of(peer).hidden = hidden; }
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
  [[nodiscard]] Instant now() const { return now_; }
  /// Lets everything happen up to `until`, that instant too.
  void run_until(Instant until);
  /// Lets everything happen that will, but nothing after `until`; true if nothing is left. Then
  /// now() is when the last thing happened, else `until`.
  bool run(Instant until);

  // ---- what is seen --------------------------------------------------------------------------
  /// `observer` must outlive the world.
  void watch(Observer& observer) { observers_.push_back(&observer); }
  [[nodiscard]] const overlay::Node& node(PeerRef peer) const;
  /// What became of `peer` since it last started, for overlay::replay(). Requires
  /// WorldOptions::record.
  [[nodiscard]] std::string record_of(PeerRef peer) { return peer_of(peer).record; }
  /// How many handles its node keeps (Effects::kept), counted as often as each is kept.
  [[nodiscard]] std::size_t handles(PeerRef peer) const;
  /// A sum of hashes over all events so far: equal for equal runs.
  [[nodiscard]] std::uint64_t digest() const { return digest_; }
  [[nodiscard]] std::uint64_t deliveries() const { return deliveries_; }

 private:
  using Input = std::function<void(overlay::Env&, overlay::RecordedNode&, overlay::Effects&)>;

  Peer& peer_of(PeerRef peer) { return *peers_[peer.value]; }
  [[nodiscard]] const Peer& peer_of(PeerRef peer) const { return *peers_[peer.value]; }
  void start_node(PeerRef peer);
  /// Makes one call to a peer's node, and carries out what it wants. Done on return, unless made
  /// while another call's effects are carried out: then soon after. A dead peer is not called.
  void drive(PeerRef peer, Input input);
  void carry_out(PeerRef peer, overlay::Effects& out);
  void transmit(PeerRef from, PeerRef to, Message message);
  void depart(Direction& way, PeerRef from, PeerRef to, Message message);
  void give_back(PeerRef from, PeerRef to, const Message& message);
  void learn_down(PeerRef at, PeerRef of);
  void cut(PeerRef at, PeerRef of);
  void schedule(Event event, std::uint32_t cause);
  void schedule_timer(PeerRef peer, overlay::TimerSlot slot, Instant own);
  void schedule_timers(PeerRef peer);
  void happen(Event& event);
  void deliver(const Event& event);
  void answer_lookup(PeerRef at, LookupToken token, const PayloadRef& body, std::uint32_t limit);
  [[nodiscard]] Instant lookup_ends(const Peer& peer) const;

  // open networks (world_open.cc)
  void carry_out_open(PeerRef ref, const overlay::Effects& out);
  void list_shares(PeerRef ref, const overlay::ListShares& list);
  void answer_list(PeerRef at, LookupToken token, const ContentId& after, std::uint32_t limit);
  [[nodiscard]] bool visits(const Message& message) const;
  [[nodiscard]] bool reaches(PeerRef from, PeerRef to) const;
  void visit(PeerRef from, PeerRef to, Message message);
  void receive_visit(const Event& event);
  void dial(PeerRef from, PeerRef to);
  void complete_dial(const Event& event);
  void hang_up(PeerRef at, PeerRef of);
  void check_handles(PeerRef ref, const overlay::Effects& out);

  WorldOptions options_;
  std::span<const overlay::OverlayEntry> overlays_;
  std::vector<std::unique_ptr<Peer>> peers_;
  LinkTable links_;
  EventQueue events_;
  std::vector<std::function<void()>> actions_;
  std::vector<Observer*> observers_;
  std::deque<std::pair<PeerRef, Input>> calls_;
  bool driving_ = false;
  Instant now_{};
  std::uint64_t world_events_ = 0;
  std::uint64_t digest_ = 0;
  std::uint64_t deliveries_ = 0;
};

}  // namespace shoal::sim
