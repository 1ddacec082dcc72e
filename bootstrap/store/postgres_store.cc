// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "bootstrap/store/postgres_accounts.h"
#include "bootstrap/store/postgres_leases.h"
#include "bootstrap/store/store.h"

namespace shoal::bootstrap {
namespace {

tl::unexpected<Error> no_index() {
  return fail(Errc::kUnsupported, "the directory has no index",
              "its store in PostgreSQL keeps none", "ask a directory that keeps one");
}

class NoIndex final : public IndexStore {
 public:
  Result<IndexHead> change(const PeerId& /*owner*/, const SealedUpdate& /*sealed*/,
                           const Rule& /*rule*/) override {
    return no_index();
  }
  Result<IndexHead> head(const PeerId& /*owner*/) override { return no_index(); }
  Result<void> end(std::span<const PeerId> /*owners*/) override { return {}; }
  Result<bool> purge(std::size_t /*most*/) override { return false; }
  Result<std::vector<PeerId>> owners() override { return std::vector<PeerId>(); }
  Result<std::uint64_t> size() override { return 0; }
  Result<std::vector<Row>> find(const Wanted& /*wanted*/) override { return no_index(); }
};

class PostgresStore final : public Store {
 public:
  PostgresStore(std::unique_ptr<PostgresDatabase> leases,
                std::unique_ptr<PostgresDatabase> accounts)
      : leases_(std::move(leases)), accounts_(std::move(accounts)) {}

  LeaseStore& leases() override { return leases_; }
  AccountStore& accounts() override { return accounts_; }
  IndexStore& index() override { return index_; }

 private:
  PostgresLeases leases_;
  PostgresAccounts accounts_;
  NoIndex index_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_postgres_store(const std::string& url) {
  auto leases = PostgresDatabase::open(url);
  if (!leases) return tl::unexpected(leases.error());
  auto accounts = PostgresDatabase::open(url);
  if (!accounts) return tl::unexpected(accounts.error());
  return std::unique_ptr<Store>(
      std::make_unique<PostgresStore>(std::move(*leases), std::move(*accounts)));
}

}  // namespace shoal::bootstrap
