// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/catalogue.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <set>

#include "transfer/library/columns.h"
#include "transfer/library/fold.h"

namespace shoal::transfer {
namespace {

constexpr int kVersion = 1;

constexpr const char* kTables = R"(
CREATE TABLE share(id INTEGER PRIMARY KEY AUTOINCREMENT, path BLOB NOT NULL UNIQUE,
  state INTEGER NOT NULL DEFAULT 1, device INTEGER NOT NULL DEFAULT 0,
  generation INTEGER NOT NULL DEFAULT 0, errors INTEGER NOT NULL DEFAULT 0);
CREATE TABLE file(id INTEGER PRIMARY KEY AUTOINCREMENT, share INTEGER NOT NULL REFERENCES share(id),
  path BLOB NOT NULL, absolute BLOB NOT NULL, name TEXT NOT NULL, device INTEGER NOT NULL,
  inode INTEGER NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL, root BLOB NOT NULL,
  generation INTEGER NOT NULL, UNIQUE(share, path));
CREATE INDEX file_content ON file(root, size);
CREATE TABLE hashed(device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL,
  mtime INTEGER NOT NULL, root BLOB NOT NULL,
  PRIMARY KEY(device, inode, size, mtime)) WITHOUT ROWID;
CREATE TABLE manifest(root BLOB NOT NULL, size INTEGER NOT NULL, layer BLOB NOT NULL,
  UNIQUE(root, size));
CREATE TABLE error(share INTEGER NOT NULL, path TEXT NOT NULL, why TEXT NOT NULL);
CREATE VIRTUAL TABLE words USING fts5(name, path, prefix='2 3',
  tokenize="unicode61 remove_diacritics 2");
)";

std::string last_component(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

bool prepare_tables(SQLite::Database& db) {
  db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA journal_size_limit=67108864");
  const int version = db.execAndGet("PRAGMA user_version").getInt();
  if (version > kVersion) return false;
  if (version == kVersion) return true;
  SQLite::Transaction transaction(db);
  db.exec(kTables);
  db.exec("PRAGMA user_version=" + std::to_string(kVersion));
  transaction.commit();
  return true;
}

std::vector<ShareRow> Writer::shares() {
  std::vector<ShareRow> rows;
  Statement statement(db_, "SELECT id, path, device, generation FROM share ORDER BY id");
  while (statement.executeStep()) {
    rows.push_back({statement.getColumn(0).getInt64(), bytes_of(statement.getColumn(1)),
                    natural(statement.getColumn(2)), statement.getColumn(3).getInt64()});
  }
  return rows;
}

ShareRow Writer::add_share(const std::string& path) {
  Statement statement(db_, "INSERT INTO share(path) VALUES(?) ON CONFLICT DO NOTHING");
  bind_bytes(statement, 1, path);
  statement.exec();
  const auto rows = shares();
  return *std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.path == path; });
}

bool Writer::remove_share(const std::string& path) {
  const auto rows = shares();
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const auto& each) { return each.path == path; });
  if (row == rows.end()) return false;
  SQLite::Transaction transaction(db_);
  forget_older(row->id, INT64_MAX);
  clear_errors(row->id);
  Statement statement(db_, "DELETE FROM share WHERE id=?");
  statement.bind(1, row->id);
  statement.exec();
  transaction.commit();
  return true;
}

bool Writer::has_share(std::int64_t id) {
  Statement statement(db_, "SELECT 1 FROM share WHERE id=?");
  statement.bind(1, id);
  return statement.executeStep();
}

std::int64_t Writer::begin_scan(const ShareRow& share, std::uint64_t device) {
  Statement statement(db_, "UPDATE share SET generation=generation+1, device=? WHERE id=?");
  statement.bind(1, whole(device));
  statement.bind(2, share.id);
  statement.exec();
  return share.generation + 1;
}

void Writer::set_state(std::int64_t share, ShareState state, std::uint64_t errors) {
  Statement statement(db_, "UPDATE share SET state=?, errors=? WHERE id=?");
  statement.bind(1, static_cast<int>(state));
  statement.bind(2, whole(errors));
  statement.bind(3, share);
  statement.exec();
}

std::optional<Hash256> Writer::known(const FileStamp& stamp) {
  Statement statement(db_,
                      "SELECT root FROM hashed WHERE device=? AND inode=? AND size=? AND mtime=?");
  bind_stamp(statement, 1, stamp);
  if (!statement.executeStep()) return std::nullopt;
  return hash_of(statement.getColumn(0));
}

void Writer::remember(const FileStamp& stamp, const FileTree& tree) {
  Statement hashed(db_, "INSERT OR REPLACE INTO hashed VALUES(?,?,?,?,?)");
  bind_stamp(hashed, 1, stamp);
  bind_hash(hashed, 5, tree.id.root);
  hashed.exec();
  if (tree.layer.size() < 2) return;  // it follows from the root
  Statement manifest(db_, "INSERT OR IGNORE INTO manifest VALUES(?,?,?)");
  bind_hash(manifest, 1, tree.id.root);
  manifest.bind(2, whole(tree.id.length));
  bind_bytes(manifest, 3, pack_hashes(tree.layer));
  manifest.exec();
}

void Writer::list(const ShareRow& share, std::int64_t generation, const std::string& relative,
                  const std::string& absolute, const FileStamp& stamp, const Hash256& root) {
  Statement update(db_,
                   "UPDATE file SET device=?, inode=?, size=?, mtime=?, root=?, generation=? "
                   "WHERE share=? AND path=?");
  bind_stamp(update, 1, stamp);
  bind_hash(update, 5, root);
  update.bind(6, generation);
  update.bind(7, share.id);
  bind_bytes(update, 8, relative);
  if (update.exec() > 0) return;
  const std::string name = as_utf8(last_component(relative));
  Statement insert(db_,
                   "INSERT INTO file(device, inode, size, mtime, root, generation, share, path, "
                   "absolute, name) VALUES(?,?,?,?,?,?,?,?,?,?)");
  bind_stamp(insert, 1, stamp);
  bind_hash(insert, 5, root);
  insert.bind(6, generation);
  insert.bind(7, share.id);
  bind_bytes(insert, 8, relative);
  bind_bytes(insert, 9, absolute);
  insert.bind(10, name);
  insert.exec();
  Statement words(db_, "INSERT INTO words(rowid, name, path) VALUES(last_insert_rowid(),?,?)");
  words.bind(1, fold(name));
  words.bind(2, fold(relative.substr(0, relative.size() - last_component(relative).size())));
  words.exec();
}

void Writer::add_error(std::int64_t share, const std::string& relative, const std::string& why) {
  Statement statement(db_, "INSERT INTO error VALUES(?,?,?)");
  statement.bind(1, share);
  statement.bind(2, as_utf8(relative));
  statement.bind(3, why);
  statement.exec();
}

void Writer::clear_errors(std::int64_t share) {
  Statement statement(db_, "DELETE FROM error WHERE share=?");
  statement.bind(1, share);
  statement.exec();
}

std::uint64_t Writer::forget_older(std::int64_t share, std::int64_t generation) {
  Statement words(db_,
                  "DELETE FROM words WHERE rowid IN "
                  "(SELECT id FROM file WHERE share=? AND generation<?)");
  words.bind(1, share);
  words.bind(2, generation);
  words.exec();
  Statement files(db_, "DELETE FROM file WHERE share=? AND generation<?");
  files.bind(1, share);
  files.bind(2, generation);
  return static_cast<std::uint64_t>(files.exec());
}

std::uint64_t Writer::duplicates(std::int64_t share) {
  Statement statement(db_,
                      "SELECT count(*) FROM file f WHERE share=? AND EXISTS (SELECT 1 FROM file g "
                      "WHERE g.root=f.root AND g.size=f.size AND g.absolute<>f.absolute)");
  statement.bind(1, share);
  return statement.executeStep() ? natural(statement.getColumn(0)) : 0;
}

void Writer::trim() {
  const std::int64_t hashed = db_.execAndGet("SELECT count(*) FROM hashed").getInt64();
  const std::int64_t listed = db_.execAndGet("SELECT count(*) FROM file").getInt64();
  if (hashed <= listed + whole(limits::kHashCacheSpare)) return;
  SQLite::Transaction transaction(db_);
  db_.exec(
      "DELETE FROM hashed WHERE NOT EXISTS (SELECT 1 FROM file f WHERE f.root=hashed.root AND "
      "f.size=hashed.size AND f.inode=hashed.inode AND f.device=hashed.device AND "
      "f.mtime=hashed.mtime);"
      "DELETE FROM manifest WHERE NOT EXISTS (SELECT 1 FROM file f WHERE f.root=manifest.root AND "
      "f.size=manifest.size)");
  transaction.commit();
}

}  // namespace shoal::transfer
