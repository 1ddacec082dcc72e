// SPDX-License-Identifier: Apache-2.0
// What guests without a link have done wrong. Internal to this folder.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

#include "proto/types/ids.h"
#include "proto/types/limits_links.h"

namespace shoal::overlay {

/// Strikes of guests whose connection was cut, since a new connection is quickly made. At most
/// limits::kGuestStrikesRemembered; then the one with the fewest is forgotten.
class GuestStrikes {
 public:
  /// One more. True at limits::kStrikesMax: it is to be paused, and forgotten here.
  bool strike(const PeerId& guest) {
    if (strikes_.size() >= limits::kGuestStrikesRemembered && !strikes_.contains(guest)) {
      strikes_.erase(
          std::ranges::min_element(strikes_, {}, [](const auto& known) { return known.second; }));
    }
    if (++strikes_[guest] < limits::kStrikesMax) return false;
    strikes_.erase(guest);
    return true;
  }
  [[nodiscard]] std::size_t size() const { return strikes_.size(); }

 private:
  std::map<PeerId, std::uint8_t> strikes_;
};

}  // namespace shoal::overlay
