// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/store/sqlite_leases.h"

#include <utility>

#include "bootstrap/store/sqlite_values.h"

namespace shoal::bootstrap {

using SQLite::Statement;
using Outlives = SqliteDatabase::Outlives;

Result<void> SqliteLeases::put(const Lease& lease) {
  return db_.write(Outlives::kKill, [&](SQLite::Database&) -> Result<void> {
    auto statement = db_.prepared("INSERT OR REPLACE INTO peer VALUES(?,?,?,?,?)");
    bind_id(*statement, 1, lease.card.id);
    bind_number(*statement, 2, lease.stamp);
    bind_bytes(*statement, 3, lease.card.sealed);
    statement->bind(4, lease.address);
    bind_time(*statement, 5, lease.expires);
    statement->exec();
    return {};
  });
}

Result<void> SqliteLeases::end(std::span<const Leases::Gone> gone) {
  if (gone.empty()) return {};
  return db_.write(Outlives::kKill, [&](SQLite::Database& db) -> Result<void> {
    Statement statement(db,
                        "UPDATE peer SET sealed=NULL, address=NULL, stamp=?1, until=?2 "
                        "WHERE id=?3 AND stamp<=?1");
    for (const auto& each : gone) {
      bind_number(statement, 1, each.stamp);
      bind_time(statement, 2, each.until);
      bind_id(statement, 3, each.id);
      statement.exec();
      statement.reset();
    }
    return {};
  });
}

Result<void> SqliteLeases::purge(Instant now) {
  return db_.write(Outlives::kKill, [&](SQLite::Database& db) -> Result<void> {
    Statement statement(db, "DELETE FROM peer WHERE sealed IS NULL AND until<=?");
    bind_time(statement, 1, now);
    statement.exec();
    return {};
  });
}

Result<std::vector<LeaseStore::Row>> SqliteLeases::load() {
  std::vector<Row> rows;
  auto done = db_.read([&](SQLite::Database& db) {
    Statement statement(db, "SELECT id, stamp, sealed, address, until FROM peer");
    while (statement.executeStep()) {
      const auto id = id_of<PeerId>(statement.getColumn(0));
      if (!id) continue;
      rows.push_back({*id, number_of(statement.getColumn(1)), bytes_of(statement.getColumn(2)),
                      statement.getColumn(3).getString(), time_of(statement.getColumn(4))});
    }
  });
  if (!done) return tl::unexpected(done.error());
  return rows;
}

}  // namespace shoal::bootstrap
