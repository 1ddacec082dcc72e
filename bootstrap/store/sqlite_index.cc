// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/store/sqlite_index.h"

#include <utility>

#include "bootstrap/store/sqlite_values.h"
#include "proto/text/words.h"
#include "proto/types/assert.h"

namespace shoal::bootstrap {
namespace {

using SQLite::Database;
using SQLite::Statement;
using Outlives = SqliteDatabase::Outlives;

// One peer's row; number 0: it has none.
struct Owner {
  std::int64_t number = 0;
  IndexHead head;
};

Owner owner_of(SqliteDatabase& db, const PeerId& id) {
  auto statement = db.prepared("SELECT number, sequence, entries FROM indexed WHERE id=?");
  bind_id(*statement, 1, id);
  if (!statement->executeStep()) return {};
  return {statement->getColumn(0).getInt64(),
          {number_of(statement->getColumn(1)), number_of(statement->getColumn(2))}};
}

std::uint64_t entries_of_all(Database& db) {
  return number_of(db.execAndGet("SELECT entries FROM index_size"));
}

void grow(Database& db, std::int64_t entries) {
  Statement statement(db, "UPDATE index_size SET entries=entries+?");
  statement.bind(1, entries);
  statement.exec();
}

void bind_content(Statement& statement, int at, const ContentId& content) {
  bind_id(statement, at, content.root);
  bind_number(statement, at + 1, content.length);
}

// Takes files of one owner out, and seals that cover nothing any more.
class Remover {
 public:
  Remover(Database& db, std::int64_t owner)
      : find_(db, "SELECT number, seal FROM indexed_file WHERE owner=? AND root=? AND length=?"),
        word_(db, "DELETE FROM indexed_word WHERE rowid=?"),
        file_(db, "DELETE FROM indexed_file WHERE number=?"),
        less_(db, "UPDATE seal SET files=files-1 WHERE number=?"),
        seal_(db, "DELETE FROM seal WHERE number=? AND files=0"),
        owner_(owner) {}

  bool holds(const ContentId& content) {
    find_.reset();
    find_.bind(1, owner_);
    bind_content(find_, 2, content);
    return find_.executeStep();
  }
  void remove(const ContentId& content) {
    if (!holds(content)) return;
    const std::int64_t file = find_.getColumn(0).getInt64();
    const std::int64_t seal = find_.getColumn(1).getInt64();
    find_.reset();
    remove_file(file);
    run(less_, seal);
    run(seal_, seal);
  }
  void remove_file(std::int64_t file) {
    run(word_, file);
    run(file_, file);
  }

 private:
  static void run(Statement& statement, std::int64_t number) {
    statement.reset();
    statement.bind(1, number);
    statement.exec();
  }

  Statement find_;
  Statement word_;
  Statement file_;
  Statement less_;
  Statement seal_;
  std::int64_t owner_;
};

std::int64_t add_seal(Database& db, std::int64_t owner, const SealedUpdate& sealed) {
  Statement statement(db, "INSERT INTO seal(owner, bytes, signature, files) VALUES(?,?,?,?)");
  statement.bind(1, owner);
  bind_bytes(statement, 2, sealed.seal);
  bind_bytes(statement, 3, sealed.signature);
  bind_number(statement, 4, sealed.update.add.size());
  statement.exec();
  return db.getLastInsertRowid();
}

void add_files(Database& db, std::int64_t owner, const SealedUpdate& sealed) {
  const auto& files = sealed.update.add;
  if (files.empty()) return;
  const std::int64_t seal = add_seal(db, owner, sealed);
  const auto paths = paths_of(sealed.update);
  Statement file(db,
                 "INSERT INTO indexed_file(owner, root, length, name, seal, place, path) "
                 "VALUES(?,?,?,?,?,?,?)");
  Statement word(db, "INSERT INTO indexed_word(rowid, words) VALUES(?,?)");
  for (std::size_t at = 0; at < files.size(); ++at) {
    file.bind(1, owner);
    bind_content(file, 2, files[at].content);
    file.bind(4, files[at].name);
    file.bind(5, seal);
    bind_number(file, 6, paths[at].place);
    bind_bytes(file, 7, to_bytes(paths[at].steps));
    file.exec();
    file.reset();
    word.bind(1, db.getLastInsertRowid());
    word.bind(2, fold(files[at].name));
    word.exec();
    word.reset();
  }
}

void hide(Database& db, const Owner& owner) {
  if (owner.number == 0) return;
  Statement statement(db, "UPDATE indexed SET id=NULL WHERE number=?");
  statement.bind(1, owner.number);
  statement.exec();
}

std::int64_t add_owner(Database& db, const PeerId& id) {
  Statement statement(db, "INSERT INTO indexed(id, sequence, entries) VALUES(?,0,0)");
  bind_id(statement, 1, id);
  statement.exec();
  return db.getLastInsertRowid();
}

void set_head(Database& db, std::int64_t owner, const IndexHead& head) {
  Statement statement(db, "UPDATE indexed SET sequence=?, entries=? WHERE number=?");
  bind_number(statement, 1, head.sequence);
  bind_number(statement, 2, head.entries);
  statement.bind(3, owner);
  statement.exec();
}

// How what is wanted is got at: the outermost table, and what narrows it.
std::string query_for(const IndexStore::Wanted& wanted) {
  std::string from = "indexed_file f";
  std::string where = "f.number>?1";
  if (wanted.words) {
    from = "indexed_word w CROSS JOIN indexed_file f ON f.number=w.rowid";
    where = "indexed_word MATCH ?2 AND w.rowid>?1";
  } else if (wanted.name) {
    from += " INDEXED BY indexed_file_name";
  } else if (wanted.content) {
    from += " INDEXED BY indexed_file_content";
  } else if (wanted.owner) {
    from = "indexed o CROSS JOIN indexed_file f ON f.owner=o.number";
  }
  const bool owner_first = from.starts_with("indexed o ");
  if (!owner_first) from += " CROSS JOIN indexed o ON o.number=f.owner";
  if (wanted.name) where += " AND f.name=?3";
  if (wanted.content) where += " AND f.root=?4 AND f.length=?5";
  if (wanted.owner) where += " AND o.id=?6";
  if (wanted.except) where += " AND o.id<>?7";
  return "SELECT f.number, o.id, f.root, f.length, f.name, s.bytes, s.signature, f.place, f.path "
         "FROM " +
         from + " CROSS JOIN seal s ON s.number=f.seal WHERE o.id IS NOT NULL AND " + where +
         " ORDER BY " + (wanted.words ? "w.rowid" : "f.number") + " LIMIT ?8";
}

std::optional<IndexStore::Row> row_of(Statement& statement) {
  IndexStore::Row row;
  row.number = statement.getColumn(0).getInt64();
  const auto owner = id_of<PeerId>(statement.getColumn(1));
  const auto root = id_of<Hash256>(statement.getColumn(2));
  auto steps = steps_from_bytes(bytes_of(statement.getColumn(8)));
  if (!owner || !root || !steps) return std::nullopt;
  row.owner = *owner;
  row.entry = {{*root, number_of(statement.getColumn(3))}, bytes_of(statement.getColumn(4))};
  row.seal = bytes_of(statement.getColumn(5));
  row.signature = bytes_of(statement.getColumn(6));
  row.path = {static_cast<std::uint32_t>(number_of(statement.getColumn(7))), std::move(*steps)};
  return row;
}

}  // namespace

Result<IndexHead> SqliteIndex::change(const PeerId& owner, const SealedUpdate& sealed,
                                      const Rule& rule) {
  IndexHead after;
  const IndexUpdate& update = sealed.update;
  auto done = db_.write(Outlives::kKill, [&](Database& db) -> Result<void> {
    Owner known = owner_of(db_, owner);
    IndexState state{.head = known.head, .all = entries_of_all(db)};
    Remover remover(db, known.number);
    if (update.kind == IndexUpdate::Kind::kChange) {
      for (const auto& each : update.add) state.added_known += remover.holds(each.content);
      for (const auto& each : update.remove) state.removed_known += remover.holds(each);
    }
    const auto head = rule(state);
    if (!head) return tl::unexpected(head.error());
    after = *head;
    if (update.kind == IndexUpdate::Kind::kReplace) {
      hide(db, known);
      known.number = 0;
    } else {
      for (const auto& each : update.remove) remover.remove(each);
      for (const auto& each : update.add) remover.remove(each.content);
    }
    if (known.number == 0) known.number = add_owner(db, owner);
    add_files(db, known.number, sealed);
    set_head(db, known.number, after);
    grow(db,
         static_cast<std::int64_t>(after.entries) - static_cast<std::int64_t>(state.head.entries));
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return after;
}

Result<IndexHead> SqliteIndex::head(const PeerId& owner) {
  IndexHead head;
  auto done = db_.read([&](Database&) { head = owner_of(db_, owner).head; });
  if (!done) return tl::unexpected(done.error());
  return head;
}

Result<void> SqliteIndex::end(std::span<const PeerId> owners) {
  if (owners.empty()) return {};
  return db_.write(Outlives::kKill, [&](Database& db) -> Result<void> {
    for (const PeerId& id : owners) {
      const Owner owner = owner_of(db_, id);
      hide(db, owner);
      grow(db, -static_cast<std::int64_t>(owner.head.entries));
    }
    return {};
  });
}

Result<bool> SqliteIndex::purge(std::size_t most) {
  constexpr const char* kNext = "SELECT number FROM indexed WHERE id IS NULL LIMIT 1";
  bool more = false;
  bool any = false;
  if (auto looked = db_.read([&](Database& db) { any = Statement(db, kNext).executeStep(); });
      !looked) {
    return tl::unexpected(looked.error());
  }
  if (!any) return false;  // and nothing is written
  auto done = db_.write(Outlives::kKill, [&](Database& db) -> Result<void> {
    for (std::size_t left = most; left > 0;) {
      Statement next(db, kNext);
      if (!next.executeStep()) return {};
      const std::int64_t owner = next.getColumn(0).getInt64();
      std::vector<std::int64_t> files;
      Statement some(db, "SELECT number FROM indexed_file WHERE owner=? LIMIT ?");
      some.bind(1, owner);
      bind_number(some, 2, left);
      while (some.executeStep()) files.push_back(some.getColumn(0).getInt64());
      Remover remover(db, owner);
      for (const std::int64_t file : files) remover.remove_file(file);
      if (files.size() == left) break;  // there may be more of that owner
      left -= std::max<std::size_t>(1, files.size());
      for (const char* const rest :
           {"DELETE FROM seal WHERE owner=?", "DELETE FROM indexed WHERE number=?"}) {
        Statement statement(db, rest);
        statement.bind(1, owner);
        statement.exec();
      }
    }
    more = Statement(db, kNext).executeStep();
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return more;
}

Result<std::vector<PeerId>> SqliteIndex::owners() {
  std::vector<PeerId> owners;
  auto done = db_.read([&](Database& db) {
    Statement statement(db, "SELECT id FROM indexed WHERE id IS NOT NULL ORDER BY id");
    while (statement.executeStep()) {
      if (const auto id = id_of<PeerId>(statement.getColumn(0))) owners.push_back(*id);
    }
  });
  if (!done) return tl::unexpected(done.error());
  return owners;
}

Result<std::uint64_t> SqliteIndex::size() {
  std::uint64_t size = 0;
  auto done = db_.read([&](Database& db) { size = entries_of_all(db); });
  if (!done) return tl::unexpected(done.error());
  return size;
}

Result<std::vector<IndexStore::Row>> SqliteIndex::find(const Wanted& wanted) {
  std::vector<Row> rows;
  const std::string expression = wanted.words ? match_expression(*wanted.words) : std::string();
  if (wanted.words && expression.empty()) return rows;
  auto done = db_.read([&](Database& db) {
    Statement statement(db, query_for(wanted));
    statement.bind(1, wanted.after);
    if (wanted.words) statement.bind(2, expression);
    if (wanted.name) statement.bind(3, *wanted.name);
    if (wanted.content) bind_content(statement, 4, *wanted.content);
    if (wanted.owner) bind_id(statement, 6, *wanted.owner);
    if (wanted.except) bind_id(statement, 7, *wanted.except);
    bind_number(statement, 8, wanted.limit);
    while (statement.executeStep()) {
      if (auto row = row_of(statement)) rows.push_back(std::move(*row));
    }
  });
  if (!done) return tl::unexpected(done.error());
  return rows;
}

}  // namespace shoal::bootstrap
