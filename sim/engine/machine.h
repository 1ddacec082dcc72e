// SPDX-License-Identifier: Apache-2.0
// The engine's inside. Internal to this folder.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <tuple>
#include <vector>

#include "sim/engine/engine.h"
#include "sim/engine/huge_block.h"
#include "sim/engine/lane.h"
#include "sim/engine/shard.h"
#include "sim/engine/team.h"

namespace shoal::sim {

/// An action of the world.
struct Action {
  std::int64_t at = 0;
  std::uint64_t number = 0;
  std::function<void()> act;
  friend bool operator>(const Action& a, const Action& b) {
    return std::pair(a.at, a.number) > std::pair(b.at, b.number);
  }
};

/// An event in a run with Order::kTotal.
struct TotalEvent {
  std::int64_t at = 0;
  std::uint32_t cause = 0;
  std::uint32_t number = 0;
  Parcel parcel{};
  friend bool operator>(const TotalEvent& a, const TotalEvent& b) {
    return std::tuple(a.at, a.cause, a.number) > std::tuple(b.at, b.cause, b.number);
  }
};

/// What others look at of a peer to whom they send without a link: together, since whoever sends
/// would wait for each one's own memory.
struct Whereabouts {
  std::uint16_t incarnation = 0;  ///< the lower bits of its slot's
  std::uint8_t side = 0;          ///< reaches peers of the same side only
  bool alive : 1 = false;
  bool hidden : 1 = false;  ///< nobody can dial it
};
static_assert(sizeof(Whereabouts) == 4);

/// Hands what it sees on to several observers.
class Fanout final : public Observer {
 public:
  void add(Observer& observer) { observers_.push_back(&observer); }
  void on_delivery(Instant now, PeerRef from, PeerRef to, const Message& message, Verdict verdict,
                   const overlay::Effects& out) override;
  void on_given_back(Instant now, PeerRef from, PeerRef to, const Message& message) override;
  void on_lost(Instant now, PeerRef from, PeerRef to, const Message& message) override;
  void on_lookup(Instant now, PeerRef at, const overlay::Lookup& lookup) override;
  void on_found(Instant now, PeerRef origin, const overlay::Found& found) override;
  void on_finished(Instant now, PeerRef origin, const overlay::Finished& end) override;
  void on_link_wanted(Instant now, PeerRef at, const overlay::LinkWanted& link) override;
  void on_crash(Instant now, PeerRef peer) override;
  void on_link_down(Instant now, PeerRef at, PeerRef of) override;
  void on_restart(Instant now, PeerRef peer) override;
  void on_link_cut(Instant now, PeerRef first, PeerRef second) override;
  void on_link_up(Instant now, PeerRef first, PeerRef second) override;
  void on_stall(Instant now, PeerRef from, PeerRef to, bool stalled) override;

 private:
  std::vector<Observer*> observers_;
};

/// Shards, lanes and time. The parts: machine.cc (peers and links), machine_faults.cc (what befalls
/// them), machine_calls.cc (calls to nodes and their effects), machine_sends.cc (what they send),
/// machine_open.cc (what goes beyond
/// the given links), machine_run.cc (time).
class Machine {
 public:
  Machine(const EngineOptions& options, std::span<const overlay::OverlayEntry> overlays);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // ---- peers and links (machine.cc) ----------------------------------------------------------
  PeerRef add_peers(std::uint32_t count);
  void build(const Graph& graph, const LinkLaw& law);
  void connect(PeerRef first, PeerRef second, const LinkDelay& delay, Friendship friendship);
  void restart(PeerRef peer);
  void unfriend(PeerRef at, PeerRef other);
  Slot& slot_of(std::uint32_t peer) { return shard_of(peer).slot(peer); }
  Shard& shard_of(std::uint32_t peer) { return *shards_.data()[peer >> options_.shard_bits]; }
  void watch(Observer& observer);
  void measure(const std::function<Observer*(std::uint32_t)>& make);

  // ---- what befalls them (machine_faults.cc) -------------------------------------------------
  void at(Instant at, std::function<void()> action);
  void take_down(PeerRef first, PeerRef second, Duration first_learns, Duration second_learns);
  void bring_up(PeerRef first, PeerRef second);
  void refuse(PeerRef from, PeerRef to);
  void stall(PeerRef from, PeerRef to, bool stalled);
  void introduce(PeerRef at, PeerRef peer);
  Whereabouts& whereabouts(PeerRef peer) { return whereabouts_[peer.value]; }
  void change_shares(PeerRef at);
  void crash(PeerRef peer, Duration neighbours_learn);
  void drift(PeerRef peer, std::int32_t ppm);
  void jump(PeerRef peer, Duration forward);
  Result<QueryId> search(PeerRef origin, const overlay::SearchRequest& request);
  void cancel(PeerRef origin, QueryId query);
  Verdict inject(PeerRef from, PeerRef to, const Message& message);
  void garbage(PeerRef from, PeerRef to);

  // ---- time (machine_run.cc) -----------------------------------------------------------------
  bool run(Instant until);
  void run_until(Instant until);
  void shrink();
  [[nodiscard]] Instant now() const { return Instant(Duration(now_)); }

  [[nodiscard]] std::uint32_t size() const { return peers_; }
  [[nodiscard]] std::uint64_t digest() const;
  [[nodiscard]] std::uint64_t deliveries() const;
  [[nodiscard]] std::uint64_t raised() const;

 private:
  // peers and links
  void add_shards(std::uint32_t peers);
  void start_node(std::uint32_t peer);
  std::uint32_t raise(Duration delay);
  void list_friend(std::uint32_t at, std::uint32_t other, Role role);
  std::uint32_t add_end(std::uint32_t at, std::uint32_t other, Role role, Duration delay);
  void build_peer(Lane& lane, Shard& shard, std::uint32_t peer, const Graph& graph,
                  const LinkLaw& law);
  std::uint32_t twin_place(std::uint32_t peer, const LinkEnd& end);
  std::uint32_t far_twin_place(std::uint32_t peer, const LinkEnd& end);
  LinkEnd* find_end(PeerRef at, PeerRef of);
  [[nodiscard]] Duration bound_of(std::uint32_t peer, std::uint32_t end);
  void join(std::uint32_t first, std::uint32_t second, const LinkDelay& delay,
            Friendship friendship);
  [[nodiscard]] std::unique_ptr<overlay::Membership> make_membership() const;
  void vary(std::uint32_t peer, std::uint32_t end, Duration jitter, Rng draws);

  // calls and effects
  template <class Input>
  void drive(Lane& lane, std::uint32_t peer, Input input);
  template <class Input>
  void call(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, Input input);
  void call_soon(Lane& lane, Call call);
  void make_waiting_calls(Lane& lane);
  void answer_lookup(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer);
  void make_call(Lane& lane, Shard& shard, Slot& slot, const Call& call);
  void carry_out(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer);
  void carry_out_rare(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer);
  void arm(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer,
           const overlay::ArmTimer& timer);
  /// kExactly: a parcel for an earlier moment has come already.
  enum class Posting : std::uint8_t { kEarly, kExactly };
  void post_armed(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, Posting how);
  [[nodiscard]] std::int64_t post_early(Slot& slot, std::int64_t at, std::int64_t now) const;
  void arm_anew(std::uint32_t peer);
  void post_timer(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, std::uint8_t timer,
                  std::int64_t own);
  [[nodiscard]] bool lookups_at_once() const {
    return options_.lookup == Duration{} && options_.lookup_jitter == Duration{};
  }
  void look_up(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, overlay::Lookup& lookup);
  void post_lookup(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, OpenLookup lookup);
  std::uint32_t find_hits(Lane& lane, std::uint32_t peer, const PayloadRef& query,
                          std::uint32_t limit) const;
  void send_all(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer);
  ParcelList& way_to(Lane& lane, std::uint32_t to, std::int64_t at);
  std::int64_t arrival_by(Lane& lane, Shard& shard, std::uint32_t peer, std::uint32_t index,
                          const LinkEnd& end, const Message& message);
  void transmit(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, std::uint32_t end,
                overlay::Send& send);
  void depart(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, std::uint32_t end,
              Message&& message);
  std::int64_t varied(Lane& lane, Shard& shard, Wobble& wobble, std::uint32_t peer,
                      const LinkEnd& end, const Message& message);
  void give_back(Lane& lane, Shard& shard, std::uint32_t peer, PeerRef to, Message message);
  void cut(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, std::uint32_t end);
  void learn_down(Lane& lane, std::uint32_t peer, LinkEnd& end);
  template <class Fill>
  void post(Lane& lane, Slot& slot, std::uint32_t peer, std::uint32_t to, std::int64_t at,
            Fill fill);
  void post_notice(Lane& lane, Slot& slot, std::uint32_t peer, const LinkEnd& end, std::int64_t at);
  void post_own(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, std::int64_t at,
                Parcel::Own what);
  void post_event(const TotalEvent& event);

  // open networks (machine_open.cc)
  void carry_out_open(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer);
  void tell_shares(Lane& lane, Slot& slot, overlay::Env& env, std::uint32_t peer,
                   const OpenLookup& list);
  [[nodiscard]] bool visits(const Message& message) const {
    return options_.node.open && overlay::goes_without_link(overlays_, message);
  }
  /// Whether a connection from one to the other can be opened.
  [[nodiscard]] bool reaches(std::uint32_t from, std::uint32_t to) const;
  /// Notes for others that `peer` came or went.
  void note(std::uint32_t peer);
  void visit(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, overlay::Send& send);
  void receive_visit(Lane& lane, Shard& shard, const Parcel& parcel);
  void happen_return(Lane& lane, Shard& shard, const Parcel& parcel);
  void dial(Lane& lane, Slot& slot, std::uint32_t peer, PeerRef to);
  void hang_up(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, std::uint32_t end);
  void note_dials(Lane& lane);
  void complete(const OpenDial& dial);

  // events
  void happen(Lane& lane, Shard& shard, const Parcel& parcel);
  void deliver(Lane& lane, Shard& shard, const Parcel& parcel);
  Verdict hand_over(Lane& lane, Shard& shard, PeerRef from, PeerRef to, const Message& message,
                    std::uint32_t place);
  void happen_to_itself(Lane& lane, Shard& shard, const Parcel& parcel);

  // time
  [[nodiscard]] std::uint64_t next_slot();
  void run_window(const Window& window);
  void work(Lane& lane, Shard& shard, std::uint32_t index, const Window& window);
  void arrange(Lane& lane, Shard& shard, ParcelList parcels, const Window& window);
  void work_urgent(Lane& lane, Shard& shard, const Parcel* next);
  void act();
  bool run_total(std::int64_t until);
  bool run_grouped(std::int64_t until);
  bool rest(std::int64_t until);

  EngineOptions options_;
  std::span<const overlay::OverlayEntry> overlays_;
  std::int64_t floor_us_;
  bool direct_;  ///< one thread: what is sent goes into calendars at once
  SlotOf slots_;
  std::vector<std::unique_ptr<const Payload>> bodies_;  // of all searches; outlive what is below
  ChunkStore chunks_;
  std::vector<std::unique_ptr<ChunkPool>> pools_;  // one per thread
  std::vector<std::unique_ptr<Lane>> lanes_;       // one per thread, and the world's
  /// For all that happens between windows. The last, since what is sent there follows what was sent
  /// in the window before.
  Lane& world_;
  std::vector<HugeBlock> rooms_;  // for the shards' slots and ends
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<Whereabouts> whereabouts_;  // by peer
  std::uint32_t peers_ = 0;
  Team team_;
  Fanout fanout_;
  std::function<Observer*(std::uint32_t)> make_observer_;
  bool watched_ = false;
  std::vector<Action> actions_;  // a heap
  std::uint64_t action_count_ = 0;
  std::vector<TotalEvent> events_;  // a heap; Order::kTotal only
  std::int64_t now_ = 0;
  std::int64_t done_ = 0;    ///< everything before has happened
  std::uint64_t saved_ = 0;  // by several threads in the last window: parcels, at most
};

}  // namespace shoal::sim
