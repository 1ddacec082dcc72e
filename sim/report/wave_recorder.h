// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/engine/observer.h"
#include "sim/report/wave.h"
#include "sim/topology/graph.h"

namespace shoal::sim {

/// Fills a Wave with what a driver (an Engine of Order::kTotal, a World) does. Let it watch from
/// the start: it has to know what is down before the picture begins.
class WaveRecorder final : public Observer {
 public:
  /// What one message takes from one peer to another, jitter left aside.
  using Flight = std::function<Duration(std::uint32_t from, std::uint32_t to)>;

  /// `graph` is of the driver's peers; all are there, and all links are up. Its picture begins at
  /// once. Without `flight` answers are drawn as if they had left when their sender was last busy.
  explicit WaveRecorder(const Graph& graph, Flight flight = {});

  /// Forgets what has happened; the picture begins now, with what is down and stalled now.
  void begin(Instant now);
  /// What is known of a search: `search.report` comes by itself. Without it, a search is one whose
  /// origin is known as soon as its first copy arrives. `id`: what the driver's search() gave.
  void describe(QueryId id, const WaveSearch& search);
  /// Says something at this moment: WaveKind::kNote or kAlarm.
  void say(Instant now, WaveKind kind, std::string text, std::uint32_t about = kNoPeer.value);
  /// The picture until now; peers are called by their numbers. Title, notes, facts and command are
  /// left to the caller.
  [[nodiscard]] Wave wave(Instant until) const;

  void on_delivery(Instant now, PeerRef from, PeerRef to, const Message& message, Verdict verdict,
                   const overlay::Effects& out) override;
  void on_given_back(Instant now, PeerRef from, PeerRef to, const Message& message) override;
  void on_lost(Instant now, PeerRef from, PeerRef to, const Message& message) override;
  void on_found(Instant now, PeerRef origin, const overlay::Found& found) override;
  void on_finished(Instant now, PeerRef origin, const overlay::Finished& finished) override;
  void on_crash(Instant now, PeerRef peer) override;
  void on_restart(Instant now, PeerRef peer) override;
  void on_link_cut(Instant now, PeerRef first, PeerRef second) override;
  void on_link_up(Instant now, PeerRef first, PeerRef second) override;
  void on_stall(Instant now, PeerRef from, PeerRef to, bool stalled) override;

 private:
  using Way = std::pair<std::uint32_t, std::uint32_t>;

  // Of one search at one peer.
  struct Seen {
    std::uint8_t ttl = 0;                  // of the copy with most hops left so far
    std::uint8_t hop = 0;                  // of the nearest
    std::map<std::uint8_t, Instant> when;  // it took up a copy with that TTL
  };

  std::uint32_t search_of(const Message& message, PeerRef from, PeerRef to, Instant now);
  WaveEvent& add(Instant now, WaveKind kind, std::uint32_t from, std::uint32_t to);
  WaveEvent& add_message(Instant now, WaveKind kind, PeerRef from, PeerRef to,
                         const Message& message);
  void on_query(WaveEvent& event, const Message& message, Verdict verdict,
                const overlay::Effects& out);
  void on_own_copy(WaveEvent& event, const Message& message, Verdict verdict,
                   const overlay::Effects& out);
  void on_end(Instant now, WaveKind kind, PeerRef from, PeerRef to, const Message& message);
  void add_hit(WaveEvent& event, const PayloadRef& body) const;
  [[nodiscard]] Instant left(Instant now, std::uint32_t from, std::uint32_t to,
                             const Message& message, std::uint32_t search) const;

  const Graph& graph_;
  Flight flight_;
  std::map<PeerId, std::uint32_t> ids_;
  Instant from_{};
  std::vector<WaveSearch> searches_;
  std::map<QueryId, std::uint32_t> numbers_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Seen> seen_;  // by search and peer
  std::vector<Instant> busy_;                                     // by peer: last
  std::map<Way, Instant> flows_;  // when a way last stopped stalling
  std::set<std::uint32_t> down_peers_;
  std::set<Edge> down_links_;  // smaller peer first
  std::set<Way> stalled_;
  std::set<std::uint32_t> down_peers_then_;  // at from_
  std::set<Edge> down_links_then_;
  std::set<Way> stalled_then_;
  std::vector<WaveEvent> events_;
};

}  // namespace shoal::sim
