// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "overlay/core/membership.h"
#include "overlay/membership/hyparview_messages.h"

namespace shoal::overlay {

/// Neighbours in an open network: a small symmetric active view, over whose links all overlays ask,
/// and a larger passive view to replace from what fails (Leitao, Pereira, Rodrigues: "HyParView: a
/// membership protocol for reliable gossip-based broadcast", DSN 2007, TR-07-13).
///
/// Differs from the paper: listed friends are members while their link is up, count among the
/// active view, and are never let go. Members are made in two steps, so that both sides agree: a
/// peer is asked without a link (join, neighbour), and who is accepted dials; a link that one side
/// does not want is hung up. A newcomer's walk ends with such a request too. Shuffle replies carry
/// the nonce of their shuffle. Who was let go in favour of another looks for a new neighbour in its
/// next cycle, and now and then a full view renews one, so that parts that were parted meet again.
/// How often others can force themselves upon a full view is bounded. Lost neighbours are replaced
/// by several requests at a time, one for each that is lacking.
///
/// Cost: about 24 bytes per member, 8 per peer of the passive view.
class HyParView final : public Membership {
 public:
  void on_start(Context& context) override;
  void on_introduced(Context& context, PeerRef peer) override;
  void befriend(Context& context, PeerRef peer, Role role) override;
  void unfriend(Context& context, PeerRef peer) override;
  [[nodiscard]] LinkMode wish(PeerRef peer) const override;
  void on_link_up(Context& context, PeerRef peer) override;
  void on_link_down(Context& context, PeerRef peer, bool refused) override;
  void on_timer(Context& context) override;
  void on_search(Context&) override {}
  Verdict on_message(Context& context, PeerRef from, const Message& message) override;
  void on_dropped(Context& context, PeerRef to, const Message& message) override;
  void roster(const Links& links, std::vector<FirstHop>& into) const override;
  void spares(std::vector<PeerRef>& into) const override;
  [[nodiscard]] std::size_t bytes() const override;

 private:
  using Said = hyparview::Said;

  struct Member {
    PeerRef peer;
    bool linked = false;
    Instant until;  ///< not linked: how long it is waited for
  };
  struct Spare {
    PeerRef peer;
    bool tried = false;  ///< asked in this cycle
  };
  struct Request {
    PeerRef peer;
    bool urgent = false;
    Instant until;
  };
  struct Shuffle {
    std::uint64_t nonce = 0;
    Instant until;
    std::vector<PeerRef> sent;
  };

  // the two views (hyparview_views.cc)
  Member* find(PeerRef peer);
  [[nodiscard]] const Member* find(PeerRef peer) const;
  [[nodiscard]] bool is_friend(PeerRef peer) const;
  [[nodiscard]] bool full(const Context& context) const;
  /// One member that is linked and is neither of these, or kNoPeer.
  PeerRef any_linked(Context& context, PeerRef except, PeerRef nor = kNoPeer);
  void add_member(Context& context, PeerRef peer, bool linked);
  void remove_member(Context& context, PeerRef peer);
  /// Lets a member go that is no friend; false if there is none.
  bool make_room(Context& context);
  /// Whether one more neighbour may be forced upon this peer now.
  bool may_be_forced(Instant now);
  /// Makes `peer` a member whose link is waited for, if there is room or can be made.
  bool take(Context& context, PeerRef peer, bool urgent);
  /// Into the passive view, in place of one of `first_out` or of anybody.
  void remember(Context& context, PeerRef peer, std::span<const PeerRef> first_out = {});
  void forget(Context& context, PeerRef peer);
  std::vector<PeerRef> sample(Context& context, std::vector<PeerRef> from, std::size_t most);

  // requests and repair (hyparview_views.cc)
  Request* request_of(PeerRef peer);
  void ask(Context& context, PeerRef peer, hyparview::Kind kind, bool urgent);
  void drop_request(Context& context, PeerRef peer);
  void repair(Context& context);
  void lost(Context& context, PeerRef peer);

  // messages (hyparview.cc)
  void say(Context& context, PeerRef to, const Said& said);
  Verdict on_join(Context& context, PeerRef from);
  Verdict on_forward_join(Context& context, PeerRef from, const Said& said);
  Verdict on_answer(Context& context, PeerRef from, bool accepted);
  Verdict on_disconnect(Context& context, PeerRef from);
  Verdict on_shuffle(Context& context, PeerRef from, const Said& said);
  Verdict on_shuffle_reply(Context& context, const Said& said);
  void cycle(Context& context);
  void renew(Context& context);
  void shuffle(Context& context);
  void expire(Context& context);
  void arm(Context& context);

  std::vector<PeerRef> friends_;
  std::vector<Member> active_;
  std::vector<Spare> passive_;
  std::vector<Request> requests_;
  std::unique_ptr<Shuffle> shuffle_;
  PeerRef contact_ = kNoPeer;  ///< by whom to join again
  Instant next_cycle_;
  Instant armed_;
  Instant forced_at_;             ///< when `forced_` was last counted
  std::uint8_t forced_ = 0;       ///< neighbours forced upon this peer lately
  std::uint32_t unrepaired_ = 0;  ///< members that failed and shall not be replaced
};

}  // namespace shoal::overlay
