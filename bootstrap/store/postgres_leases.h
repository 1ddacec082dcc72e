// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "bootstrap/store/lease_store.h"
#include "bootstrap/store/postgres_database.h"

namespace shoal::bootstrap {

/// Leases in PostgreSQL, which several processes may share. Each row carries the number of its last
/// change; numbers are given under a lock that holds until the commit, so what has a lower number
/// than one that was seen has been seen.
class PostgresLeases final : public LeaseStore {
 public:
  /// Nothing else uses `db`.
  explicit PostgresLeases(std::unique_ptr<PostgresDatabase> db) : db_(std::move(db)) {}

  Result<void> put(const Lease& lease) override;
  Result<void> end(std::span<const Leases::Gone> gone) override;
  Result<void> purge(Instant now) override;
  Result<std::vector<Row>> load() override;
  Result<std::vector<Row>> changes() override;
  Result<std::vector<Row>> begin() override;
  Result<void> finish() override;

 private:
  Result<void> write(const std::function<void(PostgresWork& work)>& work);
  std::vector<Row> take(const pqxx::result& result);

  std::unique_ptr<PostgresDatabase> db_;
  std::int64_t seen_ = 0;
};

}  // namespace shoal::bootstrap
