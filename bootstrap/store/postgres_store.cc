// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "bootstrap/store/postgres_accounts.h"
#include "bootstrap/store/postgres_index.h"
#include "bootstrap/store/postgres_leases.h"
#include "bootstrap/store/store.h"

namespace shoal::bootstrap {
namespace {

class PostgresStore final : public Store {
 public:
  PostgresStore(std::unique_ptr<PostgresDatabase> leases,
                std::unique_ptr<PostgresDatabase> accounts, std::unique_ptr<PostgresDatabase> index)
      : leases_(std::move(leases)), accounts_(std::move(accounts)), index_(std::move(index)) {}

  LeaseStore& leases() override { return leases_; }
  AccountStore& accounts() override { return accounts_; }
  IndexStore& index() override { return index_; }

 private:
  PostgresLeases leases_;
  PostgresAccounts accounts_;
  PostgresIndex index_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_postgres_store(const std::string& url,
                                                   const TellTrouble& tell) {
  auto leases = PostgresDatabase::open(url, {}, tell);
  if (!leases) return tl::unexpected(leases.error());
  auto accounts = PostgresDatabase::open(url, {}, tell);
  if (!accounts) return tl::unexpected(accounts.error());
  auto index = PostgresDatabase::open(url, {}, tell);
  if (!index) return tl::unexpected(index.error());
  return std::unique_ptr<Store>(
      std::make_unique<PostgresStore>(std::move(*leases), std::move(*accounts), std::move(*index)));
}

}  // namespace shoal::bootstrap
