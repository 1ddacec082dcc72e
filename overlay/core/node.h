// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "overlay/core/membership.h"
#include "overlay/core/overlay.h"
#include "overlay/core/registry.h"

namespace shoal::overlay {

/// A link that came up.
struct LinkUp {
  PeerRef peer;
  Duration delay_bound{};                ///< one way; rounded up to ms, at most 65 s
  LinkMode told = LinkMode::kStandby;    ///< our wish, as our hello told it
  LinkMode theirs = LinkMode::kStandby;  ///< their wish, from their hello
  std::uint32_t spent = 0;  ///< of its query budget, by that peer's last link: Node::spent()
};

/// What is left of `spent` of a link's query budget so long after it went down: LinkUp::spent of
/// the next link to that peer.
constexpr std::uint32_t still_spent(const NodeConfig& config, std::uint32_t spent, Duration since) {
  const auto earned = static_cast<std::uint64_t>(since.count()) * config.link_queries_per_second /
                      static_cast<std::uint64_t>(Duration::period::den);
  return earned >= spent ? 0 : spent - static_cast<std::uint32_t>(earned);
}

enum class LinkDownReason : std::uint8_t {
  kGone,     ///< was up, is not
  kRefused,  ///< a dial was refused: wrong key, not accepted, nobody listens
};

/// One peer's overlay side: a membership, the overlays it speaks, and what its links may do.
///
/// This is what a driver holds per peer. Per call it hands in an Env and an Effects, drains the
/// effects, and makes the next call; never nested, never concurrent. Order at the end of a link:
/// first on_dropped for each message that never reached the transport, in order, then on_link_down.
///
/// Cost: with 8 links and static friends, at most 600 bytes while idle.
class Node {
 public:
  /// `config` and `overlays` must outlive the node. `membership` decides who is a neighbour.
  Node(const NodeConfig& config, std::span<const OverlayEntry> overlays,
       std::unique_ptr<Membership> membership);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Once, before any other input: starts the membership and the overlays of NodeConfig::always.
  void start(Env& env, Effects& out);

  // ---- inputs from the network ---------------------------------------------------------------
  [[nodiscard]] LinkMode wish(PeerRef peer) const { return membership_->wish(peer); }
  /// Requires that no link to that peer is up.
  void on_link_up(Env& env, const LinkUp& link, Effects& out);
  /// kGone requires that the link is up.
  void on_link_down(Env& env, PeerRef peer, LinkDownReason reason, Effects& out);
  /// A rejected message costs its link a strike; at kStrikesMax the link is cut (LinkCut). Without
  /// a link one is enough, and only an open network's node takes any. `place`: where in links() the
  /// link may stand, to be found fast.
  Verdict on_message(Env& env, PeerRef from, const Message& message, Effects& out,
                     std::size_t place = 0);
  /// `from` sent something that is no message at all: a strike.
  void on_garbage(PeerRef from, Effects& out);
  void on_dropped(Env& env, PeerRef to, const Message& message, Effects& out);
  void on_timer(Env& env, TimerSlot slot, Effects& out);
  void on_matches(Env& env, LookupToken token, std::span<const PayloadRef> hits,
                  std::uint32_t excess, Effects& out);
  void on_shares(Env& env, LookupToken token, std::span<const SharedFile> files, bool more,
                 Effects& out);
  void on_shares_changed(Env& env, Effects& out);
  /// Somebody by whom to join an open network, from the configuration or a directory.
  void on_introduced(Env& env, PeerRef peer, Effects& out);

  // ---- commands ------------------------------------------------------------------------------
  /// Errors: those of Overlay::search; kInvalidArgument (no such overlay, terms too long or empty).
  Result<QueryId> search(Env& env, const SearchRequest& request, Effects& out);
  void cancel(Env& env, QueryId query, Effects& out);
  void befriend(Env& env, PeerRef peer, Role role, Effects& out);
  void unfriend(Env& env, PeerRef peer, Effects& out);

  // ---- getters -------------------------------------------------------------------------------
  [[nodiscard]] const Links& links() const { return links_; }
  [[nodiscard]] std::vector<FirstHop> roster() const;
  [[nodiscard]] const Membership& membership() const { return *membership_; }
  /// Query copies that the link to `peer` is short of a full budget at `now`; 0 without a link.
  [[nodiscard]] std::uint32_t spent(Instant now, PeerRef peer) const;
  /// Whether answers to `query` are for this peer's own user; Overlay::owns().
  [[nodiscard]] bool owns(const QueryId& query) const;
  /// Bytes of this node and all it holds, without the allocator's own.
  [[nodiscard]] std::size_t bytes() const;

  // Has the processor fetch what the next input will need; no other effect. Step 0 reads only the
  // first kHot bytes of this object, steps 1 and 2 what the one before fetched.

  /// For a message of `kind` over the link at `place`, about `query`. True if it may be passed on
  /// to all neighbours.
  bool warm_message(unsigned step, std::size_t place, MessageKind kind,
                    const QueryId& query) const {
    if (step == 0) {
      links_.warm(place);
      // Most overlays need no more of themselves for most queries.
      __builtin_prefetch(first_.get());
      __builtin_prefetch(reinterpret_cast<const char*>(first_.get()) + 31);
      __builtin_prefetch(reinterpret_cast<const char*>(first_.get()) + 64);
      return false;
    }
    const bool passed_on = first_ != nullptr && first_->warm_message(step - 1, kind, query);
    if (passed_on) links_.warm_all();
    return passed_on;
  }
  void warm_visit(unsigned step, const Coming& visit) const {
    if (step == 0) {
      links_.warm_all();
      __builtin_prefetch(reinterpret_cast<const char*>(first_.get()) + 128);
      return warm_overlay();
    }
    if (first_ != nullptr) first_->warm_visit(step - 1, visit);
  }
  void warm_timer(unsigned step) const {
    if (step == 0) return warm_overlay();
    if (first_ != nullptr) first_->warm_timer(step - 1);
  }
  /// What most messages need of this object stands in front.
  static constexpr std::size_t kHot = 40;

 private:
  struct Running {
    OverlayId id;
    std::unique_ptr<Overlay> overlay;
  };

  void warm_overlay() const {
    __builtin_prefetch(first_.get());
    __builtin_prefetch(reinterpret_cast<const char*>(first_.get()) + 64);
  }
  [[nodiscard]] Overlay* running(OverlayId id) const {
    return first_id_ == id && first_ != nullptr ? first_.get() : running_further(id);
  }
  [[nodiscard]] Overlay* running_further(OverlayId id) const;
  template <class Visit>
  void each_running(Visit visit) const;
  Overlay* started(Env& env, OverlayId id, Effects& out);
  Overlay* start(Env& env, OverlayId id, Effects& out);
  Verdict judge(Env& env, Link& link, const Message& message, Effects& out);
  bool over_budget(Env& env, Link& link, const Message& message, Effects& out);
  Verdict on_own_message(Env& env, PeerRef from, const Message& message, Effects& out);
  Verdict on_stray_message(Env& env, PeerRef from, const Message& message, Effects& out);
  Verdict on_direct_message(Env& env, PeerRef from, const Message& message, Effects& out);
  [[nodiscard]] bool query_fits(const Message& message) const;
  Verdict on_query(Env& env, Link& link, const Message& message, Effects& out);
  static void refuse(const Link& link, const Message& message, Effects& out);
  static void strike(Link& link, Effects& out);
  void refill(Link& link, Instant now) const;
  bool take_token(Link& link, Instant now) const;
  Membership::Context membership_context(Env& env, Effects& out);
  Context overlay_context(Env& env, Effects& out) const;

  const NodeConfig& config_;
  Links links_;
  // Most peers speak one overlay only.
  std::unique_ptr<Overlay> first_;
  OverlayId first_id_;
  // Up to here: kHot bytes.
  std::span<const OverlayEntry> overlays_;
  std::unique_ptr<Membership> membership_;
  std::unique_ptr<std::vector<Running>> further_;
};

}  // namespace shoal::overlay
