// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "bootstrap/core/allowance.h"
#include "bootstrap/core/recent_table.h"
#include "proto/types/limits_accounts.h"
#include "proto/types/time.h"

namespace shoal::bootstrap {

/// The meaning is in limits_accounts.h.
struct LoginLimits {
  std::uint32_t tries_free = limits::kLoginTriesFree;
  Duration wait_first = limits::kLoginWaitFirst;
  Duration wait_max = limits::kLoginWaitMax;
  Duration memory = limits::kLoginMemory;
  Allowance::Law failures{limits::kLoginFailuresBurst, limits::kLoginFailurePeriod};
  Allowance::Law registrations{limits::kRegistrationsBurst, limits::kRegistrationPeriod};
  std::size_t entries_max = limits::kLoginPairs;
};

/// How often passwords may be tried.
///
/// A wrong one makes the next try for that user *from that address* wait, twice as long each time.
/// Nobody else's failures make a user wait, so a stranger locks nobody out; what a stranger with
/// many addresses may try is bounded by what each address may, and by how many passwords are hashed
/// at once. A try that has to wait is not counted, or who goes on trying would never be let in.
/// Users that do not exist are treated alike. Memory: entries_max times about 300 bytes, twice.
class LoginThrottle {
 public:
  explicit LoginThrottle(LoginLimits limits = {});

  /// A try begins, and counts as failed until succeeded() says otherwise: many at once are not
  /// let through before the first has failed. Returns how long to wait; zero: go on.
  Duration begin(const std::string& user, const std::string& address, Instant now);
  /// The try was no failure: its user's waits are over there.
  void succeeded(const std::string& user, const std::string& address);
  /// Somebody registers. Returns how long to wait; zero: go on.
  Duration begin_registration(const std::string& address, Instant now);

  [[nodiscard]] std::size_t size() const { return pairs_.size() + failures_.size(); }

 private:
  struct Failures {
    std::uint32_t count = 0;
    Instant last;
    Instant wait_until;
  };

  LoginLimits limits_;
  RecentTable<std::pair<std::string, std::string>, Failures> pairs_;
  RecentTable<std::string, Allowance> failures_;
  RecentTable<std::string, Allowance> registrations_;
};

}  // namespace shoal::bootstrap
