// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <tuple>

#include "sim/world.h"
#include "tests/support/scenario.h"

namespace shoal::tests {

/// A neighbour that sends one message about the running search which fits no copy: it watches the
/// world to know which copies there are.
class Intruder final : public sim::Observer {
 public:
  // drawn
  Duration at{};
  PeerRef from;
  PeerRef to;
  MessageKind kind = MessageKind::kHit;
  std::uint8_t ttl = 0;
  OverlayId via;
  PeerRef origin;
  std::uint8_t first_ttl = 0;  ///< of the copies that were sent when the search started

  // seen
  bool intruded = false;
  Verdict verdict = Verdict::kAccept;
  bool no_effect = false;
  std::uint64_t digest = 0;  ///< of its delivery, as part of the world's

  /// Sends the message, unless it would fit a copy or there is no search yet.
  void intrude(sim::World& world);

  void on_delivery(Instant now, PeerRef sender, PeerRef receiver, const Message& message, Verdict,
                   const overlay::Effects& out) override;

 private:
  std::set<std::tuple<PeerRef, PeerRef, std::uint8_t>> copies_;  ///< sender, receiver, ttl
  /// Of copies in an overlay's own words: these may go on later, when nobody sees it.
  std::set<std::uint8_t> own_ttls_;
  std::optional<QueryId> query_;
  bool sending_ = false;
};

/// Inside rc::check only.
Intruder draw_intruder(const Scenario& scenario);

}  // namespace shoal::tests
