// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/store/postgres_accounts.h"

#include <utility>

#include "bootstrap/store/postgres_values.h"

namespace shoal::bootstrap {
namespace {

Place place_of(const pqxx::row& row, int at) {
  return {pg::id_of<PeerId>(row[at]), row[at + 1].as<std::string>(),
          static_cast<std::uint16_t>(row[at + 2].as<int>())};
}

std::vector<Session> sessions_of(PostgresWork& work, const std::string& name) {
  std::vector<Session> sessions;
  for (const auto& row :
       work.exec_params("SELECT token, peer, address, port, begun, used, closed FROM shoal_session "
                        "WHERE \"user\"=$1 ORDER BY place",
                        name)) {
    const auto token = pg::id_of<TokenHash>(row[0]);
    if (!token) continue;
    sessions.push_back(
        {*token, place_of(row, 1), pg::time_of(row[4]), pg::time_of(row[5]), row[6].as<bool>()});
  }
  return sessions;
}

std::optional<Account> account_of(PostgresWork& work, const std::string& name) {
  const auto rows = work.exec_params(
      "SELECT name, password, public_key, stamp, peer, address, port, registered "
      "FROM shoal_user WHERE key=$1",
      name);
  if (rows.empty()) return std::nullopt;
  const auto row = rows[0];
  return Account{row[0].as<std::string>(), row[1].as<std::string>(), pg::bytes_of(row[2]),
                 pg::number_of(row[3]),    place_of(row, 4),         pg::time_of(row[7]),
                 sessions_of(work, name)};
}

void write_user(PostgresWork& work, const std::string& name, const Account& account) {
  work.exec_params(
      "INSERT INTO shoal_user VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9) ON CONFLICT(key) DO UPDATE SET "
      "name=excluded.name, password=excluded.password, public_key=excluded.public_key, "
      "stamp=excluded.stamp, peer=excluded.peer, address=excluded.address, port=excluded.port, "
      "registered=excluded.registered",
      name, account.name, account.password, pg::bytes(account.key), pg::number(account.stamp),
      pg::bytes(account.place.peer), account.place.address, static_cast<int>(account.place.port),
      pg::time(account.registered));
}

void write_sessions(PostgresWork& work, const std::string& name, const Account& account) {
  work.exec_params("DELETE FROM shoal_session WHERE \"user\"=$1", name);
  int place = 0;
  for (const auto& session : account.sessions) {
    work.exec_params("INSERT INTO shoal_session VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9)",
                     pg::bytes(session.token), name, pg::bytes(session.place.peer),
                     session.place.address, static_cast<int>(session.place.port),
                     pg::time(session.begun), pg::time(session.used), session.closed, place++);
  }
}

}  // namespace

Result<void> PostgresAccounts::change(const std::string& name, const Rule& rule) {
  return db_->transact([&](PostgresWork& work) -> Result<void> {
    work.exec_params("SELECT pg_advisory_xact_lock($1, hashtext($2))",
                     static_cast<int>(PostgresDatabase::Lock::kUsers), name);
    const auto before = account_of(work, name);
    auto account = before;
    if (auto ruled = rule(account); !ruled) return ruled;
    if (!account || account == before) return {};
    write_user(work, name, *account);
    if (!before || before->sessions != account->sessions) write_sessions(work, name, *account);
    return {};
  });
}

Result<std::optional<Account>> PostgresAccounts::find(const std::string& name) {
  std::optional<Account> account;
  auto done = db_->transact([&](PostgresWork& work) -> Result<void> {
    account = account_of(work, name);
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return account;
}

Result<std::optional<Account>> PostgresAccounts::holder(const TokenHash& token) {
  std::optional<Account> account;
  auto done = db_->transact([&](PostgresWork& work) -> Result<void> {
    const auto rows =
        work.exec_params("SELECT \"user\" FROM shoal_session WHERE token=$1", pg::bytes(token));
    account = rows.empty() ? std::nullopt : account_of(work, rows[0][0].as<std::string>());
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return account;
}

Result<std::size_t> PostgresAccounts::count() {
  std::size_t count = 0;
  auto done = db_->transact([&](PostgresWork& work) -> Result<void> {
    count = static_cast<std::size_t>(
        work.exec("SELECT count(*) FROM shoal_user")[0][0].as<std::int64_t>());
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return count;
}

Result<void> PostgresAccounts::purge_sessions(Instant before) {
  return db_->transact([&](PostgresWork& work) -> Result<void> {
    work.exec_params("DELETE FROM shoal_session WHERE begun<$1", pg::time(before));
    return {};
  });
}

}  // namespace shoal::bootstrap
