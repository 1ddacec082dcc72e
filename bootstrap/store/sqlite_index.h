// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bootstrap/store/index_store.h"
#include "bootstrap/store/sqlite_database.h"

namespace shoal::bootstrap {

/// The index in SQLite, its words in FTS5. `db` must outlive it.
///
/// Whose files are replaced or end loses a row in one table, and no search finds them from then on;
/// purge() deletes them in steps, so that nobody waits for ten thousand files.
class SqliteIndex final : public IndexStore {
 public:
  explicit SqliteIndex(SqliteDatabase& db) : db_(db) {}

  Result<IndexHead> change(const PeerId& owner, const SealedUpdate& sealed,
                           const Rule& rule) override;
  Result<IndexHead> head(const PeerId& owner) override;
  Result<void> end(std::span<const PeerId> owners) override;
  Result<bool> purge(std::size_t most) override;
  Result<std::vector<PeerId>> owners() override;
  Result<std::uint64_t> size() override;
  Result<std::vector<Row>> find(const Wanted& wanted) override;

 private:
  SqliteDatabase& db_;
};

}  // namespace shoal::bootstrap
