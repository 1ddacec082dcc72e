// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "cli/daemon/state/state_store.h"
#include "proto/rpc/card.h"
#include "proto/rpc/identity.h"

namespace shoal::daemon {

/// This peer's signed card, sealed anew while it is read so that it never grows older than
/// limits::kCardAge. Any thread.
class CardDesk {
 public:
  /// `store` must outlive this.
  CardDesk(rpc::Identity me, std::string name, std::vector<std::string> endpoints,
           StateStore& store);

  /// The current SignedCard.
  std::string card();

  [[nodiscard]] const PeerId& id() const { return me_.id(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::vector<std::string>& endpoints() const { return endpoints_; }
  /// The URL by which others befriend this peer.
  [[nodiscard]] std::string url() const;

 private:
  const rpc::Identity me_;
  const std::string name_;
  const std::vector<std::string> endpoints_;
  StateStore& store_;
  std::mutex mutex_;
  std::string sealed_;
  std::int64_t sequence_ = 0;
  std::chrono::steady_clock::time_point sealed_at_;
};

/// Seconds since 1970.
std::int64_t unix_now();

}  // namespace shoal::daemon
