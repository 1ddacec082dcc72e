// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "overlay/core/membership.h"

namespace shoal::overlay {

/// A fixed list of friends with fail-over.
///
/// Friends are always asked, and so is the primary while it is up. Secondaries are standby: when
/// the primary has been down for NodeConfig::primary_grace, or refuses, or a search will not wait,
/// the first secondary that is up is asked in its place. A primary that comes up for the first time
/// is taken at once; one that returns, after NodeConfig::primary_return, or at once if no secondary
/// stands in for it. Each time a secondary steps in, a new standby is asked for (LinkWanted).
///
/// Cost: 8 bytes per friend.
class Friends final : public Membership {
 public:
  void befriend(Context& context, PeerRef peer, Role role) override;
  void unfriend(Context& context, PeerRef peer) override;
  [[nodiscard]] LinkMode wish(PeerRef peer) const override;
  void on_link_up(Context& context, PeerRef peer) override;
  void on_link_down(Context& context, PeerRef peer, bool refused) override;
  void on_timer(Context& context) override;
  void on_search(Context& context) override;
  void roster(const Links& links, std::vector<FirstHop>& into) const override;
  [[nodiscard]] std::size_t bytes() const override;

 private:
  struct Entry {
    PeerRef peer;
    Role role;
  };
  /// How the primary stands; only a peer that lists a primary pays for it.
  struct Primary {
    PeerRef peer;
    bool was_up = false;  ///< in this process
    bool up = false;
    std::optional<Instant> decide;  ///< down: fail over then; back: take it back then
    bool asked = true;              ///< searches go to the primary (or would, if it were up)
  };

  [[nodiscard]] const Entry* find(PeerRef peer) const;
  /// The first secondary that is up, or kNoPeer.
  [[nodiscard]] PeerRef stand_in(const Links& links) const;
  void watch_primary(Context& context, PeerRef peer);
  void decide_at(Context& context, Instant when);
  void primary_up(Context& context);
  void fail_over(Context& context);
  void lose_stand_in(Context& context);
  void take_back();
  /// Tells the other ends of links for which the wish has changed: it may have for `peer` only, or,
  /// where there is a primary, for others too.
  void tell(Context& context, PeerRef peer) const;
  void tell_all(Context& context) const;
  void tell_one(Context& context, Link& link) const;

  std::vector<Entry> entries_;
  std::unique_ptr<Primary> primary_;
  PeerRef standing_in_ = kNoPeer;  ///< the secondary that is asked now
};

}  // namespace shoal::overlay
