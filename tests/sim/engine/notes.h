// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/engine/observer.h"

namespace shoal::tests {

/// One thing that an observer saw, as plain numbers.
struct Note {
  std::uint32_t peer = 0;  ///< whose business it is
  std::int64_t at = 0;
  std::string what;
  friend auto operator<=>(const Note&, const Note&) = default;
};

/// Writes down all that it sees, so that two runs can be compared.
class Notes final : public sim::Observer {
 public:
  std::vector<Note> seen;
  std::vector<Note> lost;  ///< apart: seen by either end's side

  void on_delivery(Instant now, PeerRef from, PeerRef to, const Message& message, Verdict verdict,
                   const overlay::Effects& out) override;
  void on_given_back(Instant now, PeerRef from, PeerRef to, const Message& message) override;
  void on_lost(Instant now, PeerRef from, PeerRef to, const Message& message) override;
  void on_lookup(Instant now, PeerRef at, const overlay::Lookup& lookup) override;
  void on_found(Instant now, PeerRef origin, const overlay::Found& found) override;
  void on_finished(Instant now, PeerRef origin, const overlay::Finished& end) override;
  void on_link_wanted(Instant now, PeerRef at, const overlay::LinkWanted& link) override;
  void on_crash(Instant now, PeerRef peer) override;
  void on_restart(Instant now, PeerRef peer) override;
  void on_link_down(Instant now, PeerRef at, PeerRef of) override;
  void on_link_cut(Instant now, PeerRef first, PeerRef second) override;
  void on_link_up(Instant now, PeerRef first, PeerRef second) override;
  void on_stall(Instant now, PeerRef from, PeerRef to, bool stalled) override;

  /// Peer by peer, each peer's in the order in which it was seen.
  [[nodiscard]] std::vector<Note> by_peer() const;

 private:
  void note(Instant now, PeerRef peer, std::string what);
};

}  // namespace shoal::tests
