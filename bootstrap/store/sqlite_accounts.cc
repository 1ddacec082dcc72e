// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/store/sqlite_accounts.h"

#include <utility>

#include "bootstrap/store/sqlite_values.h"

namespace shoal::bootstrap {
namespace {

using SQLite::Statement;
using Outlives = SqliteDatabase::Outlives;

// Three columns from `at` on.
void bind_place(Statement& statement, int at, const Place& place) {
  if (place.peer) {
    bind_id(statement, at, *place.peer);
  } else {
    statement.bind(at);
  }
  statement.bind(at + 1, place.address);
  statement.bind(at + 2, static_cast<int>(place.port));
}

Place place_of(Statement& statement, int at) {
  return {id_of<PeerId>(statement.getColumn(at)), statement.getColumn(at + 1).getString(),
          static_cast<std::uint16_t>(statement.getColumn(at + 2).getInt())};
}

std::vector<Session> sessions_of(SQLite::Database& db, const std::string& name) {
  Statement statement(db,
                      "SELECT token, peer, address, port, begun, used, closed FROM session "
                      "WHERE user=? ORDER BY place");
  statement.bind(1, name);
  std::vector<Session> sessions;
  while (statement.executeStep()) {
    const auto token = id_of<TokenHash>(statement.getColumn(0));
    if (!token) continue;
    sessions.push_back({*token, place_of(statement, 1), time_of(statement.getColumn(4)),
                        time_of(statement.getColumn(5)), statement.getColumn(6).getInt() != 0});
  }
  return sessions;
}

std::optional<Account> account_of(SQLite::Database& db, const std::string& name) {
  Statement statement(db,
                      "SELECT name, password, public_key, stamp, peer, address, port, registered "
                      "FROM user WHERE key=?");
  statement.bind(1, name);
  if (!statement.executeStep()) return std::nullopt;
  Account account;
  account.name = statement.getColumn(0).getString();
  account.password = bytes_of(statement.getColumn(1));
  account.key = bytes_of(statement.getColumn(2));
  account.stamp = number_of(statement.getColumn(3));
  account.place = place_of(statement, 4);
  account.registered = time_of(statement.getColumn(7));
  account.sessions = sessions_of(db, name);
  return account;
}

void write_user(SQLite::Database& db, const std::string& name, const Account& account) {
  Statement statement(db,
                      "INSERT INTO user VALUES(?,?,?,?,?,?,?,?,?) ON CONFLICT(key) DO UPDATE SET "
                      "name=excluded.name, password=excluded.password, "
                      "public_key=excluded.public_key, stamp=excluded.stamp, peer=excluded.peer, "
                      "address=excluded.address, port=excluded.port, "
                      "registered=excluded.registered");
  statement.bind(1, name);
  statement.bind(2, account.name);
  bind_bytes(statement, 3, account.password);
  bind_bytes(statement, 4, account.key);
  bind_number(statement, 5, account.stamp);
  bind_place(statement, 6, account.place);
  bind_time(statement, 9, account.registered);
  statement.exec();
}

void write_sessions(SQLite::Database& db, const std::string& name, const Account& account) {
  Statement forget(db, "DELETE FROM session WHERE user=?");
  forget.bind(1, name);
  forget.exec();
  Statement statement(db, "INSERT INTO session VALUES(?,?,?,?,?,?,?,?,?)");
  int place = 0;
  for (const auto& session : account.sessions) {
    bind_id(statement, 1, session.token);
    statement.bind(2, name);
    bind_place(statement, 3, session.place);
    bind_time(statement, 6, session.begun);
    bind_time(statement, 7, session.used);
    statement.bind(8, session.closed ? 1 : 0);
    statement.bind(9, place++);
    statement.exec();
    statement.reset();
  }
}

}  // namespace

Result<void> SqliteAccounts::change(const std::string& name, const Rule& rule) {
  return db_.write(Outlives::kPowerLoss, [&](SQLite::Database& db) -> Result<void> {
    const auto before = account_of(db, name);
    auto account = before;
    if (auto ruled = rule(account); !ruled) return ruled;
    if (!account || account == before) return {};
    write_user(db, name, *account);
    if (!before || before->sessions != account->sessions) write_sessions(db, name, *account);
    return {};
  });
}

Result<std::optional<Account>> SqliteAccounts::find(const std::string& name) {
  std::optional<Account> account;
  auto done = db_.read([&](SQLite::Database& db) { account = account_of(db, name); });
  if (!done) return tl::unexpected(done.error());
  return account;
}

Result<std::optional<Account>> SqliteAccounts::holder(const TokenHash& token) {
  std::optional<Account> account;
  auto done = db_.read([&](SQLite::Database& db) {
    Statement statement(db, "SELECT user FROM session WHERE token=?");
    bind_id(statement, 1, token);
    if (statement.executeStep()) account = account_of(db, statement.getColumn(0).getString());
  });
  if (!done) return tl::unexpected(done.error());
  return account;
}

Result<std::size_t> SqliteAccounts::count() {
  std::size_t count = 0;
  auto done = db_.read([&](SQLite::Database& db) {
    count = static_cast<std::size_t>(db.execAndGet("SELECT count(*) FROM user").getInt64());
  });
  if (!done) return tl::unexpected(done.error());
  return count;
}

Result<void> SqliteAccounts::purge_sessions(Instant before) {
  return db_.write(Outlives::kKill, [&](SQLite::Database& db) -> Result<void> {
    Statement statement(db, "DELETE FROM session WHERE begun<?");
    bind_time(statement, 1, before);
    statement.exec();
    return {};
  });
}

}  // namespace shoal::bootstrap
