// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/store/lease_store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <system_error>
#include <utility>

namespace shoal::bootstrap {
namespace {

using SQLite::Statement;

constexpr int kVersion = 1;
constexpr int kBusyMs = 250;

constexpr const char* kTables = R"(
CREATE TABLE peer(id BLOB PRIMARY KEY, stamp INTEGER NOT NULL, sealed BLOB, address TEXT,
  until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX peer_ended ON peer(until) WHERE sealed IS NULL;
)";

tl::unexpected<Error> store_error(const SQLite::Exception& exception) {
  const bool full = exception.getErrorCode() == SQLITE_FULL;
  return fail(full ? Errc::kNoSpace : Errc::kIo, "the directory's store failed", exception.what(),
              full ? "make room on its disk" : "see whether its disk works");
}

Result<void> run(const std::function<void()>& work) {
  try {
    work();
    return {};
  } catch (const SQLite::Exception& exception) {
    return store_error(exception);
  }
}

void bind_id(Statement& statement, int at, const PeerId& id) {
  statement.bind(at, id.bytes.data(), static_cast<int>(id.bytes.size()));
}

std::int64_t whole(Instant time) { return time.time_since_epoch().count(); }

std::string bytes_of(const SQLite::Column& column) {
  const auto size = static_cast<std::size_t>(column.getBytes());
  return size == 0 ? std::string() : std::string(static_cast<const char*>(column.getBlob()), size);
}

// Null when a newer program wrote it.
std::unique_ptr<SQLite::Database> open_database(const std::string& path) {
  auto db = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE, kBusyMs);
  // Exclusive: a second directory on the same file would grant what this one refuses.
  db->exec(
      "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
      "PRAGMA journal_size_limit=16777216");
  SQLite::Transaction transaction(*db, SQLite::TransactionBehavior::IMMEDIATE);
  const int version = db->execAndGet("PRAGMA user_version").getInt();
  if (version > kVersion) return nullptr;
  if (version < kVersion) {
    db->exec(kTables);
    db->exec("PRAGMA user_version=" + std::to_string(kVersion));
  }
  transaction.commit();
  return db;
}

}  // namespace

LeaseStore::LeaseStore(std::unique_ptr<SQLite::Database> db) : db_(std::move(db)) {}
LeaseStore::LeaseStore(LeaseStore&&) noexcept = default;
LeaseStore& LeaseStore::operator=(LeaseStore&&) noexcept = default;
LeaseStore::~LeaseStore() = default;

Result<LeaseStore> LeaseStore::open(const std::string& path) {
  const std::string what = "cannot use the store " + path;
  std::string notice;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return fail(Errc::kIo, what, std::generic_category().message(errno));
    ::close(fd);
    try {
      auto db = open_database(path);
      if (db == nullptr) {
        return fail(Errc::kConflict, what, "a newer version of the program wrote it",
                    "use that version, or another store");
      }
      LeaseStore store(std::move(db));
      store.notice_ = std::move(notice);
      return store;
    } catch (const SQLite::Exception& exception) {
      const int code = exception.getErrorCode();
      if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
        return fail(Errc::kConflict, what, "another process uses it",
                    "stop that directory, or choose another store");
      }
      if (code != SQLITE_CORRUPT && code != SQLITE_NOTADB) return store_error(exception);
      if (std::rename(path.c_str(), (path + ".damaged").c_str()) != 0)
        return store_error(exception);
      for (const char* part : {"-wal", "-shm"}) ::unlink((path + part).c_str());
      notice = "the store was damaged; it is kept as " + path + ".damaged, and a new one was made";
    }
  }
  return fail(Errc::kIo, what, "a new one is damaged too");
}

Result<void> LeaseStore::put(const Lease& lease) {
  return run([&] {
    Statement statement(*db_, "INSERT OR REPLACE INTO peer VALUES(?,?,?,?,?)");
    bind_id(statement, 1, lease.card.id);
    statement.bind(2, static_cast<std::int64_t>(lease.stamp));
    statement.bind(3, lease.card.sealed.data(), static_cast<int>(lease.card.sealed.size()));
    statement.bind(4, lease.address);
    statement.bind(5, whole(lease.expires));
    statement.exec();
  });
}

Result<void> LeaseStore::end(std::span<const Leases::Gone> gone) {
  if (gone.empty()) return {};
  return run([&] {
    SQLite::Transaction transaction(*db_);
    Statement statement(*db_,
                        "UPDATE peer SET sealed=NULL, address=NULL, stamp=?, until=? WHERE id=?");
    for (const auto& each : gone) {
      statement.bind(1, static_cast<std::int64_t>(each.stamp));
      statement.bind(2, whole(each.until));
      bind_id(statement, 3, each.id);
      statement.exec();
      statement.reset();
    }
    transaction.commit();
  });
}

Result<void> LeaseStore::purge(Instant now) {
  return run([&] {
    Statement statement(*db_, "DELETE FROM peer WHERE sealed IS NULL AND until<=?");
    statement.bind(1, whole(now));
    statement.exec();
  });
}

Result<std::vector<LeaseStore::Row>> LeaseStore::load() {
  std::vector<Row> rows;
  auto done = run([&] {
    Statement statement(*db_, "SELECT id, stamp, sealed, address, until FROM peer");
    while (statement.executeStep()) {
      const std::string id = bytes_of(statement.getColumn(0));
      Row row;
      if (id.size() != row.id.bytes.size()) continue;
      std::copy(id.begin(), id.end(), row.id.bytes.begin());
      row.stamp = static_cast<std::uint64_t>(statement.getColumn(1).getInt64());
      row.sealed = bytes_of(statement.getColumn(2));
      row.address = statement.getColumn(3).getString();
      row.until = Instant(Duration(statement.getColumn(4).getInt64()));
      rows.push_back(std::move(row));
    }
  });
  if (!done) return tl::unexpected(done.error());
  return rows;
}

}  // namespace shoal::bootstrap
