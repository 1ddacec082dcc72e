// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bootstrap/store/lease_store.h"
#include "bootstrap/store/sqlite_database.h"

namespace shoal::bootstrap {

/// Leases in SQLite. `db` must outlive it.
class SqliteLeases final : public LeaseStore {
 public:
  explicit SqliteLeases(SqliteDatabase& db) : db_(db) {}

  Result<void> put(const Lease& lease) override;
  Result<void> end(std::span<const Leases::Gone> gone) override;
  Result<void> purge(Instant now) override;
  Result<std::vector<Row>> load() override;

 private:
  SqliteDatabase& db_;
};

}  // namespace shoal::bootstrap
