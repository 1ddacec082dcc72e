// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "bootstrap/store/sqlite_accounts.h"
#include "bootstrap/store/sqlite_index.h"
#include "bootstrap/store/sqlite_leases.h"
#include "bootstrap/store/store.h"

namespace shoal::bootstrap {
namespace {

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(std::unique_ptr<SqliteDatabase> db)
      : db_(std::move(db)), leases_(*db_), accounts_(*db_), index_(*db_) {}

  LeaseStore& leases() override { return leases_; }
  AccountStore& accounts() override { return accounts_; }
  IndexStore& index() override { return index_; }

 private:
  std::unique_ptr<SqliteDatabase> db_;
  SqliteLeases leases_;
  SqliteAccounts accounts_;
  SqliteIndex index_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path) {
  auto db = SqliteDatabase::open(path);
  if (!db) return tl::unexpected(db.error());
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(std::move(*db)));
}

}  // namespace shoal::bootstrap
