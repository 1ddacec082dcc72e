// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "overlay/core/effects.h"
#include "proto/types/ids.h"
#include "proto/types/message.h"
#include "proto/types/time.h"

namespace shoal::sim {

/// Sees all that happens in a World and changes nothing: measures, oracles and traces are
/// observers. Every call comes after the input it speaks of, in the order of events.
class Observer {
 public:
  virtual ~Observer() = default;

  /// `to` took `message` in; `out` is what it wants done because of it.
  virtual void on_delivery(Instant, PeerRef /*from*/, PeerRef /*to*/, const Message& /*message*/,
                           Verdict, const overlay::Effects& /*out*/) {}
  /// `message` never left `from`: a full queue or a dead link gave it back.
  virtual void on_given_back(Instant, PeerRef /*from*/, PeerRef /*to*/, const Message&) {}
  /// `message` left `from` and was lost: its link went down under it.
  virtual void on_lost(Instant, PeerRef /*from*/, PeerRef /*to*/, const Message&) {}
  virtual void on_lookup(Instant, PeerRef /*at*/, const overlay::Lookup&) {}
  virtual void on_found(Instant, PeerRef /*origin*/, const overlay::Found&) {}
  virtual void on_finished(Instant, PeerRef /*origin*/, const overlay::Finished&) {}
  virtual void on_link_wanted(Instant, PeerRef /*at*/, const overlay::LinkWanted&) {}
  virtual void on_crash(Instant, PeerRef) {}
  virtual void on_restart(Instant, PeerRef) {}
  /// The end `at` learns that its link is gone.
  virtual void on_link_down(Instant, PeerRef /*at*/, PeerRef /*of*/) {}
  /// From now on nothing passes over the link of both; by `first`'s doing, if one of them did it.
  virtual void on_link_cut(Instant, PeerRef /*first*/, PeerRef /*second*/) {}
  virtual void on_link_up(Instant, PeerRef /*first*/, PeerRef /*second*/) {}
  /// What `from` sends to `to` waits from now on, or does so no longer.
  virtual void on_stall(Instant, PeerRef /*from*/, PeerRef /*to*/, bool /*stalled*/) {}
};

}  // namespace shoal::sim
