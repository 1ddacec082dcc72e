// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/store/postgres_leases.h"

#include <algorithm>
#include <utility>

#include "bootstrap/store/postgres_values.h"

namespace shoal::bootstrap {
namespace {

constexpr const char* kNewer =
    "SELECT id, stamp, sealed, address, until, change FROM shoal_peer WHERE change>$1";

void lock(PostgresWork& work) {
  work.exec_params("SELECT pg_advisory_xact_lock($1)",
                   static_cast<int>(PostgresDatabase::Lock::kLeases));
}

}  // namespace

std::vector<LeaseStore::Row> PostgresLeases::take(const pqxx::result& result) {
  std::vector<Row> rows;
  for (const auto& row : result) {
    const auto id = pg::id_of<PeerId>(row[0]);
    if (!id) continue;
    rows.push_back({*id, pg::number_of(row[1]), pg::bytes_of(row[2]), row[3].as<std::string>(),
                    pg::time_of(row[4])});
    seen_ = std::max(seen_, row[5].as<std::int64_t>());
  }
  return rows;
}

// In the step that was begun, or one of its own.
Result<void> PostgresLeases::write(const std::function<void(PostgresWork&)>& work) {
  if (db_->in_step()) return db_->within(work);
  return db_->transact([&](PostgresWork& transaction) -> Result<void> {
    lock(transaction);
    work(transaction);
    return {};
  });
}

Result<void> PostgresLeases::put(const Lease& lease) {
  return write([&](PostgresWork& work) {
    work.exec_params(
        "INSERT INTO shoal_peer VALUES($1,$2,$3,$4,$5,nextval('shoal_change')) "
        "ON CONFLICT(id) DO UPDATE SET stamp=excluded.stamp, sealed=excluded.sealed, "
        "address=excluded.address, until=excluded.until, change=excluded.change",
        pg::bytes(lease.card.id), pg::number(lease.stamp), pg::bytes(lease.card.sealed),
        lease.address, pg::time(lease.expires));
  });
}

Result<void> PostgresLeases::end(std::span<const Leases::Gone> gone) {
  if (gone.empty()) return {};
  return write([&](PostgresWork& work) {
    for (const auto& each : gone) {
      // Not one that another process renewed since.
      work.exec_params(
          "UPDATE shoal_peer SET sealed='', address='', stamp=$1, until=$2, "
          "change=nextval('shoal_change') WHERE id=$3 AND stamp<=$1",
          pg::number(each.stamp), pg::time(each.until), pg::bytes(each.id));
    }
  });
}

Result<void> PostgresLeases::purge(Instant now) {
  return write([&](PostgresWork& work) {
    work.exec_params("DELETE FROM shoal_peer WHERE sealed='' AND until<=$1", pg::time(now));
  });
}

Result<std::vector<LeaseStore::Row>> PostgresLeases::load() {
  seen_ = 0;
  return changes();
}

Result<std::vector<LeaseStore::Row>> PostgresLeases::changes() {
  std::vector<Row> rows;
  auto done = db_->transact([&](PostgresWork& work) -> Result<void> {
    rows = take(work.exec_params(kNewer, seen_));
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return rows;
}

Result<std::vector<LeaseStore::Row>> PostgresLeases::begin() {
  std::vector<Row> rows;
  auto done = db_->begin();
  if (done) {
    done = db_->within([&](PostgresWork& work) {
      lock(work);
      rows = take(work.exec_params(kNewer, seen_));
    });
  }
  if (!done) return tl::unexpected(done.error());
  return rows;
}

Result<void> PostgresLeases::finish() { return db_->commit(); }

}  // namespace shoal::bootstrap
