// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/core/login_throttle.h"

#include <algorithm>

namespace shoal::bootstrap {

LoginThrottle::LoginThrottle(LoginLimits limits)
    : limits_(limits),
      pairs_(limits.entries_max),
      failures_(limits.entries_max),
      registrations_(limits.entries_max) {}

Duration LoginThrottle::begin(const std::string& user, const std::string& address, Instant now) {
  Allowance& all = failures_.use(address);
  Duration wait = all.wait(limits_.failures, now);
  if (const Failures* const known = pairs_.find({user, address})) {
    wait = std::max(wait, known->wait_until - now);
  }
  if (wait > Duration(0)) return wait;  // and takes no place in the table
  all.take(limits_.failures, now);
  Failures& pair = pairs_.use({user, address});
  if (now - pair.last >= limits_.memory) pair = {};
  pair.last = now;
  ++pair.count;
  if (pair.count >= limits_.tries_free) {
    // Doubled until it is the longest; more bits would not fit.
    const auto doublings = std::min<std::uint32_t>(pair.count - limits_.tries_free, 20);
    pair.wait_until =
        now + std::min(limits_.wait_max, limits_.wait_first * (std::int64_t{1} << doublings));
  }
  return Duration(0);
}

void LoginThrottle::succeeded(const std::string& user, const std::string& address) {
  pairs_.erase({user, address});
  if (Allowance* const all = failures_.find(address)) all->give_back(limits_.failures);
}

Duration LoginThrottle::begin_registration(const std::string& address, Instant now) {
  Allowance& all = registrations_.use(address);
  const Duration wait = all.wait(limits_.registrations, now);
  if (wait == Duration(0)) all.take(limits_.registrations, now);
  return wait;
}

}  // namespace shoal::bootstrap
