// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bootstrap/store/account_store.h"
#include "bootstrap/store/sqlite_database.h"

namespace shoal::bootstrap {

/// Users and sessions in SQLite. `db` must outlive it.
class SqliteAccounts final : public AccountStore {
 public:
  explicit SqliteAccounts(SqliteDatabase& db) : db_(db) {}

  Result<void> change(const std::string& name, const Rule& rule) override;
  Result<std::optional<Account>> find(const std::string& name) override;
  Result<std::optional<Account>> holder(const TokenHash& token) override;
  Result<std::size_t> count() override;
  Result<void> purge_sessions(Instant before) override;

 private:
  SqliteDatabase& db_;
};

}  // namespace shoal::bootstrap
