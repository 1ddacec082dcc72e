// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "bootstrap/core/bucket.h"
#include "proto/types/limits.h"
#include "proto/types/result.h"
#include "proto/types/time.h"

namespace shoal::bootstrap {

/// What one address may do at a directory; the meaning is in limits.h.
struct AddressLimits {
  std::uint32_t requests_burst = limits::kLeaseRequestsBurst;
  std::uint32_t requests_per_second = limits::kLeaseRequestsPerSecond;
  std::uint32_t joins_burst = limits::kJoinsBurst;
  std::uint32_t joins_per_second = limits::kJoinsPerSecond;
  std::size_t leases_max = limits::kLeasesPerAddress;
  std::size_t addresses_max = limits::kDirectoryAddresses;
};

/// Who asks how much, by address. At most addresses_max entries: idle ones are dropped first.
class AddressBook {
 public:
  explicit AddressBook(AddressLimits limits = {}) : limits_(limits) {}

  /// One lease request. Errors: kOverloaded.
  Result<void> admit(const std::string& address, Instant now);
  /// A new lease. Errors: kOverloaded. After: it is held.
  Result<void> join(const std::string& address, Instant now);
  /// A lease held already moves here or is restored: not refused.
  void hold(const std::string& address, Instant now);
  /// A lease held from there is gone.
  void release(const std::string& address);

  /// Forgets addresses that hold nothing and did nothing for long.
  void forget_idle(Instant now);
  [[nodiscard]] std::size_t size() const { return uses_.size(); }

 private:
  struct Use {
    Bucket requests;
    Bucket joins;
    std::size_t leases = 0;
  };
  Use* use_of(const std::string& address, Instant now, bool must);

  AddressLimits limits_;
  std::map<std::string, Use> uses_;
};

}  // namespace shoal::bootstrap
