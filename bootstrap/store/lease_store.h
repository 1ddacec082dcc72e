// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bootstrap/core/leases.h"
#include "proto/types/result.h"

namespace SQLite {
class Database;
}

namespace shoal::bootstrap {

/// The leases and stamps of a directory in an SQLite file (WAL), so that a restart forgets nobody.
///
/// What put() and end() were given is still there after kill -9. One process at a time. Times are
/// Instants counted from 1970. Not thread-safe.
class LeaseStore {
 public:
  /// Opens or makes the file, 0600; its folder must exist. A damaged file is moved aside and a new
  /// one made (notice() says so): peers renew within 30 s anyway.
  /// Errors: kConflict (another process has it, or a newer program wrote it), kIo.
  static Result<LeaseStore> open(const std::string& path);
  LeaseStore(LeaseStore&&) noexcept;
  LeaseStore& operator=(LeaseStore&&) noexcept;
  ~LeaseStore();

  /// Errors of all three: kNoSpace, kIo. After an error nothing is changed.
  Result<void> put(const Lease& lease);
  /// Those leases ended; their stamps stay until then.
  Result<void> end(std::span<const Leases::Gone> gone);
  /// Forgets stamps whose time is over.
  Result<void> purge(Instant now);

  struct Row {
    PeerId id;
    std::uint64_t stamp = 0;
    std::string sealed;   ///< empty: the lease ended, the stamp is kept
    std::string address;  ///< of the lease
    Instant until;        ///< the end of the lease, or of the stamp
    friend bool operator==(const Row&, const Row&) = default;
  };
  Result<std::vector<Row>> load();

  /// In words, when the file was replaced; else empty.
  [[nodiscard]] const std::string& notice() const { return notice_; }

 private:
  explicit LeaseStore(std::unique_ptr<SQLite::Database> db);

  std::unique_ptr<SQLite::Database> db_;
  std::string notice_;
};

}  // namespace shoal::bootstrap
