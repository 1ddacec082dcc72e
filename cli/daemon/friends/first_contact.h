// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/config/config.h"
#include "cli/daemon/state/state_store.h"
#include "proto/asio.h"
#include "proto/rpc/friend_url.h"
#include "proto/types/limits_join.h"

namespace shoal::daemon {

/// Friends that are named by a place, "http://host:port", where a URL with a key would say who must
/// answer there. Whoever answers first is believed: its signed card (GET /v1/peer) names its key,
/// which is pinned in the state database. From then on only that key is the friend of that place,
/// over restarts too, until the friend is removed.
///
/// Any thread. What the configuration lists is asked in the background, again and ever more rarely
/// until it answers.
class FirstContact : public std::enable_shared_from_this<FirstContact> {
 public:
  struct Parts {
    boost::asio::any_io_executor timers;
    boost::asio::any_io_executor background;  ///< where it may block
    StateStore& store;
    bool pinned_only;  ///< `trust: pinned-only`: nobody is believed
  };
  using OnMet = std::function<void(const config::ListedFriend& met)>;

  explicit FirstContact(Parts parts);

  /// Who answers at that place now, if it is who answered first. Blocks, at most
  /// limits::kJoinAnswerTime. Errors: kInvalidArgument (no host:port), kDenied (another key than
  /// the pinned one; `trust: pinned-only`), kIntegrity (no peer, or no valid card), kUnreachable,
  /// kTimeout.
  Result<rpc::FriendUrl> meet(const std::string& place);
  /// From now on that peer is the one of that place; whether it was not already. Errors: those of
  /// the store.
  Result<bool> pin(const std::string& place, const PeerId& id);
  /// Whoever answers next there is believed again. Errors: those of the store.
  Result<void> unpin(const std::string& place);
  /// Whoever answers next at that peer's places is believed again. Errors: those of the store.
  Result<void> forget(const PeerId& id);

  /// `listed` with the URLs of those places that are pinned; who was not met yet is left out, and
  /// asked for once start() is called. Errors: those of the store.
  Result<std::vector<config::ListedFriend>> known(std::vector<config::ListedFriend> listed);
  /// `on_met` is told of each friend when it is met, on `background`. Also says in the log when
  /// another key answers at a place that is pinned.
  void start(OnMet on_met);
  /// Nobody is told any more, but by a call that is under way.
  void stop();

 private:
  struct Awaited {
    config::ListedFriend listed;
    bool pinned;
    std::string told;  ///< the last failure, so that it is logged once
  };

  Result<std::optional<PeerId>> pinned_at(const std::string& place);
  void tick();
  /// Whether it need not be asked again.
  bool ask(Awaited& awaited);

  const Parts parts_;
  boost::asio::strand<boost::asio::any_io_executor> strand_;
  boost::asio::steady_timer timer_;
  std::vector<Awaited> awaited_;  ///< on the strand, once started
  OnMet on_met_;
  std::chrono::milliseconds pause_ = limits::kJoinPauseMin;
  std::atomic<bool> stopping_ = false;
};

}  // namespace shoal::daemon
