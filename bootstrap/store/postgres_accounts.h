// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "bootstrap/store/account_store.h"
#include "bootstrap/store/postgres_database.h"

namespace shoal::bootstrap {

/// Users and sessions in PostgreSQL. Who changes an account holds a lock on its name until the
/// commit, whether the account is there or not.
class PostgresAccounts final : public AccountStore {
 public:
  explicit PostgresAccounts(std::unique_ptr<PostgresDatabase> db) : db_(std::move(db)) {}

  Result<void> change(const std::string& name, const Rule& rule) override;
  Result<std::optional<Account>> find(const std::string& name) override;
  Result<std::optional<Account>> holder(const TokenHash& token) override;
  Result<std::size_t> count() override;
  Result<void> purge_sessions(Instant before) override;

 private:
  std::unique_ptr<PostgresDatabase> db_;
};

}  // namespace shoal::bootstrap
