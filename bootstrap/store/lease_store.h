// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bootstrap/core/leases.h"
#include "proto/types/result.h"

namespace shoal::bootstrap {

/// The leases and stamps of a directory, so that a restart forgets nobody.
///
/// What put() and end() were given is still there after kill -9. Times are Instants counted from
/// 1970. One thread at a time.
///
/// Where several processes share a store, each decides with what all decided before: begin() gives
/// what the others changed and keeps them from deciding until finish(). A store of one process has
/// no others.
class LeaseStore {
 public:
  struct Row {
    PeerId id;
    std::uint64_t stamp = 0;
    std::string sealed;   ///< empty: the lease ended, the stamp is kept
    std::string address;  ///< of the lease
    Instant until;        ///< the end of the lease, or of the stamp
    friend bool operator==(const Row&, const Row&) = default;
  };

  LeaseStore() = default;
  LeaseStore(const LeaseStore&) = delete;
  LeaseStore& operator=(const LeaseStore&) = delete;
  virtual ~LeaseStore() = default;

  /// Errors of all: kNoSpace, kIo, kUnreachable (a server that is away). After an error nothing is
  /// changed.
  virtual Result<void> put(const Lease& lease) = 0;
  /// Those leases ended, unless they have a higher stamp; their stamps stay until then.
  virtual Result<void> end(std::span<const Leases::Gone> gone) = 0;
  /// Forgets stamps whose time is over.
  virtual Result<void> purge(Instant now) = 0;

  /// Everything.
  virtual Result<std::vector<Row>> load() = 0;
  /// What others changed since load(), begin() or this was last called.
  virtual Result<std::vector<Row>> changes() { return std::vector<Row>(); }
  /// As changes(); what follows until finish() is one step that no other process comes between.
  /// After an error there is nothing to finish.
  virtual Result<std::vector<Row>> begin() { return std::vector<Row>(); }
  virtual Result<void> finish() { return {}; }
};

}  // namespace shoal::bootstrap
