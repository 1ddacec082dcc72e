// SPDX-License-Identifier: Apache-2.0
// Many Kademlia cores in one small, exact network: every message takes a drawn time, what is sent
// to nobody is lost or given back, and a test may answer in a peer's place. No links and no engine,
// so that what is seen is the overlay's own doing.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "overlay/core/registry.h"
#include "overlay/kademlia/kademlia.h"
#include "overlay/kademlia/point.h"
#include "overlay/kademlia/wire.h"
#include "proto/types/rng.h"

namespace shoal::tests {

class Net {
 public:
  explicit Net(std::uint64_t seed);
  Net(const Net&) = delete;
  Net& operator=(const Net&) = delete;
  ~Net();

  // ---- who there is --------------------------------------------------------------------------
  /// A peer with a drawn id, running; or with that one.
  PeerRef add();
  PeerRef add(const PeerId& id);
  /// A handle with an id behind which nobody is.
  PeerRef ghost(const PeerId& id);
  void share(PeerRef peer, std::vector<SharedFile> files);
  void introduce(PeerRef peer, PeerRef to);
  /// Its tables are gone; what others still send it is given back, or lost.
  void stop(PeerRef peer);
  void start(PeerRef peer);
  /// Has every running peer hear of so many others per bucket, as if they had pinged it.
  void fill_tables(std::size_t per_bucket);
  /// Hands a message to `to` as if `from` had sent it, now.
  Verdict inject(PeerRef from, PeerRef to, const Message& message);

  // ---- searches ------------------------------------------------------------------------------
  struct Search {
    std::vector<overlay::Found> found;
    std::optional<SearchReport> report;
  };
  Result<QueryId> search(PeerRef origin, const std::string& terms,
                         const overlay::Parameters& parameters);
  Result<QueryId> search(PeerRef origin, const ContentId& content,
                         const overlay::Parameters& parameters);
  void cancel(PeerRef origin, QueryId query);
  Search& of(QueryId query) { return searches_[query]; }
  static overlay::Parameters usual() { return overlay::fallbacks(overlay::kKademliaParameters); }

  // ---- time ----------------------------------------------------------------------------------
  [[nodiscard]] Instant now() const { return now_; }
  void run_for(Duration time);

  // ---- what is seen --------------------------------------------------------------------------
  [[nodiscard]] std::size_t size() const { return peers_.size(); }
  [[nodiscard]] bool alive(PeerRef peer) const {
    const auto& state = peers_[peer.value].state;
    return state != nullptr && state->core != nullptr;
  }
  [[nodiscard]] const overlay::Kademlia& core(PeerRef peer) const {
    return *peers_[peer.value].state->core;
  }
  [[nodiscard]] const PeerId& id(PeerRef peer) const { return peers_[peer.value].id; }
  /// The `n` running peers nearest to `target` that `wanted` admits, nearest first, by sorting all.
  [[nodiscard]] std::vector<PeerRef> truly_nearest(
      const overlay::kademlia::Point& target, std::size_t n,
      const std::function<bool(PeerRef)>& wanted = nullptr) const;
  /// Handles that `peer` keeps, and how often.
  [[nodiscard]] const std::map<PeerRef, int>& kept(PeerRef peer) const {
    return peers_[peer.value].state->kept;
  }
  std::uint64_t messages = 0;  ///< that arrived, somewhere
  std::uint64_t sent = 0;
  std::uint64_t rejected = 0;
  int least_kept = 0;  ///< below zero: somebody gave up what he did not keep

  /// Sees each message before it arrives; true: it has dealt with it.
  std::function<bool(PeerRef from, PeerRef to, const Message& message)> intercept;
  void answer(PeerRef from, PeerRef to, Message message);
  /// Whether what is sent to nobody is given back; else it is lost.
  bool gives_back = true;
  /// Whether peers' libraries answer.
  bool matches = true;
  Duration delay_min = std::chrono::milliseconds(10);
  Duration delay_spread = std::chrono::milliseconds(90);

 private:
  struct Peer;
  class Source;
  struct Event {
    Instant at;
    std::uint64_t number;
    PeerRef to;
    PeerRef from;            // kNoPeer: a timer
    std::uint32_t life = 0;  // of `to`: timers of an earlier one are void
    Message message;
    bool dropped = false;
    bool operator>(const Event& other) const {
      return at != other.at ? at > other.at : number > other.number;
    }
  };
  struct State {
    std::unique_ptr<overlay::Kademlia> core;
    Rng rng{0};
    std::vector<SharedFile> shares;
    std::map<PeerRef, int> kept;
    Instant timer = Instant::max();
    std::uint32_t life = 0;
  };
  struct Peer {
    PeerId id;
    std::unique_ptr<State> state;  // null: a ghost
  };

  template <class Call>
  void drive(PeerRef peer, Call call);
  void carry_out(PeerRef peer, overlay::Effects& out);
  void schedule(Event event);
  void happen(const Event& event);
  void match(PeerRef peer, const overlay::Lookup& lookup);
  void list(PeerRef peer, const overlay::ListShares& wanted);
  Result<QueryId> search(PeerRef origin, PayloadRef body, const overlay::Parameters& parameters);

  overlay::NodeConfig config_;
  overlay::Links no_links_;
  std::vector<PeerRef> real_;  // those that are no ghosts
  std::deque<Peer> peers_;     // references stay valid
  std::map<QueryId, Search> searches_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  Rng rng_;
  Instant now_{};
  std::uint64_t next_number_ = 0;
};

PeerId drawn_id(Rng& rng);
ContentId content_number(std::uint64_t number);

}  // namespace shoal::tests
