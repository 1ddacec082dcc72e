// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/store/sqlite_database.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace shoal::bootstrap {
namespace {

constexpr int kBusyMs = 250;

// What makes each version of the schema out of the one before it. Never changed, only added to.
constexpr std::array kVersions{
    // 1: leases and stamps
    R"(CREATE TABLE peer(id BLOB PRIMARY KEY, stamp INTEGER NOT NULL, sealed BLOB, address TEXT,
         until INTEGER NOT NULL) WITHOUT ROWID;
       CREATE INDEX peer_ended ON peer(until) WHERE sealed IS NULL;)",
    // 2: users and sessions
    R"(CREATE TABLE user(key TEXT PRIMARY KEY, name TEXT NOT NULL, password BLOB NOT NULL,
         public_key BLOB NOT NULL, stamp INTEGER NOT NULL, peer BLOB, address TEXT NOT NULL,
         port INTEGER NOT NULL, registered INTEGER NOT NULL) WITHOUT ROWID;
       CREATE TABLE session(token BLOB PRIMARY KEY, user TEXT NOT NULL REFERENCES user(key),
         peer BLOB, address TEXT NOT NULL, port INTEGER NOT NULL, begun INTEGER NOT NULL,
         used INTEGER NOT NULL, closed INTEGER NOT NULL, place INTEGER NOT NULL) WITHOUT ROWID;
       CREATE INDEX session_of_user ON session(user);
       CREATE INDEX session_begun ON session(begun);)",
    // 3: the index. An owner without an id has ended: its files are only there to be deleted.
    R"(CREATE TABLE indexed(number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB UNIQUE,
         sequence INTEGER NOT NULL, entries INTEGER NOT NULL);
       CREATE INDEX indexed_ended ON indexed(number) WHERE id IS NULL;
       CREATE TABLE seal(number INTEGER PRIMARY KEY, owner INTEGER NOT NULL, bytes BLOB NOT NULL,
         signature BLOB NOT NULL, files INTEGER NOT NULL);
       CREATE INDEX seal_of_owner ON seal(owner);
       CREATE TABLE indexed_file(number INTEGER PRIMARY KEY AUTOINCREMENT, owner INTEGER NOT NULL,
         root BLOB NOT NULL, length INTEGER NOT NULL, name TEXT NOT NULL, seal INTEGER NOT NULL,
         place INTEGER NOT NULL, path BLOB NOT NULL, UNIQUE(owner, root, length));
       CREATE INDEX indexed_file_name ON indexed_file(name);
       CREATE INDEX indexed_file_content ON indexed_file(root, length);
       CREATE TABLE index_size(entries INTEGER NOT NULL);
       INSERT INTO index_size VALUES(0);
       CREATE VIRTUAL TABLE indexed_word USING fts5(words, tokenize='ascii', detail=none,
         columnsize=0, prefix='1 2 3');)",
};
constexpr int kVersion = static_cast<int>(kVersions.size());

tl::unexpected<Error> store_error(const SQLite::Exception& exception) {
  const bool full = exception.getErrorCode() == SQLITE_FULL;
  return fail(full ? Errc::kNoSpace : Errc::kIo, "the directory's store failed", exception.what(),
              full ? "make room on its disk" : "see whether its disk works");
}

tl::unexpected<Error> open_error(const SQLite::Exception& exception, const std::string& path) {
  const std::string what = "cannot use the store " + path;
  switch (exception.getErrorCode()) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fail(Errc::kConflict, what, "another process uses it",
                  "stop that directory, or choose another store");
    // A new file in its place would let anybody take the names of those who are registered.
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return fail(Errc::kIntegrity, what, std::string("it is damaged: ") + exception.what(),
                  "put back a copy, or move it away to begin without users");
    default:
      return store_error(exception);
  }
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
  for (int next = version; next < kVersion; ++next) {
    db->exec(kVersions.at(static_cast<std::size_t>(next)));
    db->exec("PRAGMA user_version=" + std::to_string(next + 1));
  }
  transaction.commit();
  return db;
}

}  // namespace

SqliteDatabase::SqliteDatabase(std::unique_ptr<SQLite::Database> db) : db_(std::move(db)) {}
SqliteDatabase::~SqliteDatabase() = default;

SqliteDatabase::Prepared::~Prepared() { statement_.tryReset(); }

SqliteDatabase::Prepared SqliteDatabase::prepared(const char* sql) {
  auto& statement = prepared_[sql];
  if (statement == nullptr) statement = std::make_unique<SQLite::Statement>(*db_, sql);
  statement->clearBindings();
  return Prepared(*statement);
}

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::open(const std::string& path) {
  const std::string what = "cannot use the store " + path;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Errc::kIo, what, std::generic_category().message(errno));
  ::close(fd);
  try {
    auto db = open_database(path);
    if (db == nullptr) {
      return fail(Errc::kConflict, what, "a newer version of the program wrote it",
                  "use that version, or another store");
    }
    return std::unique_ptr<SqliteDatabase>(new SqliteDatabase(std::move(db)));
  } catch (const SQLite::Exception& exception) {
    return open_error(exception, path);
  }
}

Result<void> SqliteDatabase::read(const std::function<void(SQLite::Database&)>& work) {
  const std::scoped_lock lock(mutex_);
  try {
    work(*db_);
    return {};
  } catch (const SQLite::Exception& exception) {
    return store_error(exception);
  }
}

Result<void> SqliteDatabase::write(Outlives outlives,
                                   const std::function<Result<void>(SQLite::Database&)>& work) {
  const std::scoped_lock lock(mutex_);
  try {
    const bool sync = outlives == Outlives::kPowerLoss;
    if (sync != synced_) {
      db_->exec(sync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
      synced_ = sync;
    }
    SQLite::Transaction transaction(*db_, SQLite::TransactionBehavior::IMMEDIATE);
    if (auto done = work(*db_); !done) return done;  // rolled back
    transaction.commit();
    return {};
  } catch (const SQLite::Exception& exception) {
    return store_error(exception);
  }
}

}  // namespace shoal::bootstrap
