// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "cli/config/config.h"
#include "overlay/host/overlay_host.h"
#include "proto/asio.h"
#include "proto/types/limits_join.h"

namespace shoal::daemon {

/// Brings a peer into an open network: tells its overlay of the peers that the configuration names,
/// and tells it again, ever more rarely, while it has no neighbour. A place of which no key is
/// known is asked for its card (GET /v1/peer), which names the key: whoever answers there is
/// believed to be the one that was meant, and from then on only that key is. Any thread; what
/// blocks runs on `background`.
class JoinDesk : public std::enable_shared_from_this<JoinDesk> {
 public:
  JoinDesk(boost::asio::any_io_executor timers, boost::asio::any_io_executor background,
           overlay::OverlayHost& overlay, std::vector<config::JoinPlace> places);

  void start();
  /// No call of the overlay is begun afterwards but one that is under way.
  void stop();

 private:
  void tick();
  void introduce_all();
  void ask(const std::string& place);

  boost::asio::strand<boost::asio::any_io_executor> strand_;
  boost::asio::steady_timer timer_;
  overlay::OverlayHost& overlay_;
  const std::vector<config::JoinPlace> places_;
  std::chrono::milliseconds pause_ = limits::kJoinPauseMin;
  std::string told_;  ///< the last failure, so that it is logged once
  std::atomic<bool> stopping_ = false;
};

/// Who answers at that host:port, by its own signed card: its id, and where it is, `place` first.
/// Blocks, at most limits::kJoinAnswerTime. Errors: those of http::RestClient::call; kIntegrity (no
/// peer, or no valid card).
Result<rpc::FriendUrl> peer_at(const std::string& place, const std::atomic<bool>* cancel);

}  // namespace shoal::daemon
