// SPDX-License-Identifier: Apache-2.0
// Statements that are compiled once. Internal to this folder.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <list>
#include <string>

namespace shoal::transfer {

/// The statements that one connection runs again and again: compiling one costs more than most of
/// them take.
///
/// Threads: those of its connection, one at a time.
class Statements {
 public:
  /// One run of a statement. Its bindings and its snapshot of the database end with it.
  class Use {
   public:
    explicit Use(SQLite::Statement& statement) : statement_(statement) {}
    ~Use() {
      statement_.tryReset();
      statement_.clearBindings();
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    SQLite::Statement& operator*() const { return statement_; }
    SQLite::Statement* operator->() const { return &statement_; }

   private:
    SQLite::Statement& statement_;
  };

  explicit Statements(SQLite::Database& db) : db_(db) {}

  /// Requires that no other use of the same text is under way. Throws SQLite::Exception.
  [[nodiscard]] Use use(const char* sql) {
    for (Prepared& one : prepared_) {
      if (one.sql == sql) return Use(one.statement);
    }
    prepared_.emplace_back(db_, sql);
    return Use(prepared_.back().statement);
  }

 private:
  struct Prepared {
    Prepared(SQLite::Database& db, const char* text) : sql(text), statement(db, text) {}
    const std::string sql;
    SQLite::Statement statement;
  };
  SQLite::Database& db_;
  std::list<Prepared> prepared_;
};

}  // namespace shoal::transfer
