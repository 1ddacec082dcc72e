// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "cli/daemon/state/state_store.h"
#include "proto/types/ids.h"
#include "proto/types/result.h"
#include "transfer/core/shaper.h"

namespace shoal::daemon {

/// The rate that a client wrote; none for null, "as usual". Errors: kInvalidArgument (no whole
/// number, or neither 0 nor from limits::kRateMin to kRateMax), naming that range.
Result<std::optional<std::uint64_t>> rate_in(const boost::json::value& told);

/// How fast each friend is served: as the configuration says, and before that as the owner said
/// since, kept in the state database. Any thread.
///
/// A rate belongs to a friend's own key. What he finds by a search he may fetch with the key of
/// that search, which says of nobody whose it is; then he has the rate of everybody else.
class FriendRates {
 public:
  struct Rate {
    std::uint64_t bytes_per_second = 0;  ///< 0: no limit
    bool told = false;                   ///< by the owner, over what the configuration says
    friend bool operator==(const Rate&, const Rate&) = default;
  };
  using Watcher = std::function<void(const transfer::UploadRates&)>;

  /// `store` must outlive this. Errors: those of the store.
  static Result<std::unique_ptr<FriendRates>> open(StateStore& store,
                                                   transfer::UploadRates configured);

  /// Calls `watcher` with all rates now, and whenever one changes; it must not call this.
  void watch(Watcher watcher);
  /// The configuration's word about a friend whose key is known only now.
  void configure(const PeerId& peer, std::uint64_t rate);
  /// On disk before it holds. None: as the configuration says; else one that rate_in() takes.
  /// Errors: those of the store.
  Result<void> tell(const PeerId& peer, std::optional<std::uint64_t> rate);
  [[nodiscard]] Rate of(const PeerId& peer) const;

 private:
  FriendRates(StateStore& store, transfer::UploadRates configured)
      : store_(store), configured_(std::move(configured)) {}

  void change_locked();

  StateStore& store_;
  mutable std::mutex mutex_;  ///< guards what follows
  transfer::UploadRates configured_;
  std::map<PeerId, std::uint64_t> told_;
  Watcher watcher_;
};

}  // namespace shoal::daemon
