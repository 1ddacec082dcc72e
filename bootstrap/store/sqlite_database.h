// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "proto/types/result.h"

namespace SQLite {
class Database;
class Statement;
}  // namespace SQLite

namespace shoal::bootstrap {

/// The one connection to an SQLite file (WAL) that all parts of a store share. Any thread; one at a
/// time gets through.
class SqliteDatabase {
 public:
  /// Brings an older schema up to date. Errors: as open_sqlite_store().
  static Result<std::unique_ptr<SqliteDatabase>> open(const std::string& path);
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;
  ~SqliteDatabase();

  /// What an acknowledged write outlives.
  enum class Outlives : bool {
    kKill,       ///< kill -9; power loss may take back the last ones
    kPowerLoss,  ///< costs a sync of the disk
  };

  /// A statement that is asked for often, ready for its values; put back when this goes.
  class Prepared {
   public:
    explicit Prepared(SQLite::Statement& statement) : statement_(statement) {}
    ~Prepared();
    Prepared(const Prepared&) = delete;
    Prepared& operator=(const Prepared&) = delete;
    SQLite::Statement& operator*() { return statement_; }
    SQLite::Statement* operator->() { return &statement_; }

   private:
    SQLite::Statement& statement_;
  };
  /// Compiles `sql`, a literal, at its first use only. Within the `work` of the two below, which it
  /// must not outlive; one of a text at a time. Throws SQLite::Exception.
  Prepared prepared(const char* sql);

  /// Errors of both: kNoSpace, kIo. `work` may throw SQLite::Exception.
  Result<void> read(const std::function<void(SQLite::Database& db)>& work);
  /// One transaction: all of it, or nothing when `work` returns an error, which is returned.
  Result<void> write(Outlives outlives,
                     const std::function<Result<void>(SQLite::Database& db)>& work);

 private:
  explicit SqliteDatabase(std::unique_ptr<SQLite::Database> db);

  std::mutex mutex_;
  std::unique_ptr<SQLite::Database> db_;
  std::map<std::string_view, std::unique_ptr<SQLite::Statement>> prepared_;  // go before db_
  bool synced_ = false;  // how the connection is set now
};

}  // namespace shoal::bootstrap
