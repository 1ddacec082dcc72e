// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "bootstrap/store/index_store.h"
#include "bootstrap/store/postgres_database.h"

namespace shoal::bootstrap {

/// The index in PostgreSQL, its words in a tsvector. Who changes a peer's files holds a lock on the
/// peer until the commit. As in SQLite, what ends is hidden at once and deleted in steps. A listing
/// may miss what another process commits while it is paged through.
class PostgresIndex final : public IndexStore {
 public:
  explicit PostgresIndex(std::unique_ptr<PostgresDatabase> db) : db_(std::move(db)) {}

  Result<IndexHead> change(const PeerId& owner, const SealedUpdate& sealed,
                           const Rule& rule) override;
  Result<IndexHead> head(const PeerId& owner) override;
  Result<void> end(std::span<const PeerId> owners) override;
  Result<bool> purge(std::size_t most) override;
  Result<std::vector<PeerId>> owners() override;
  Result<std::uint64_t> size() override;
  Result<std::vector<Row>> find(const Wanted& wanted) override;

 private:
  std::unique_ptr<PostgresDatabase> db_;
};

}  // namespace shoal::bootstrap
