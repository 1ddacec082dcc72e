// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/catalogue.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <set>

#include "proto/text/words.h"
#include "transfer/library/columns.h"
#include "transfer/library/folders.h"

namespace shoal::transfer {
namespace {

constexpr int kVersion = 2;

constexpr const char* kTables = R"(
CREATE TABLE share(id INTEGER PRIMARY KEY AUTOINCREMENT, path BLOB NOT NULL UNIQUE,
  state INTEGER NOT NULL DEFAULT 1, device INTEGER NOT NULL DEFAULT 0,
  errors INTEGER NOT NULL DEFAULT 0);
CREATE TABLE file(id INTEGER PRIMARY KEY AUTOINCREMENT, share INTEGER NOT NULL REFERENCES share(id),
  path BLOB NOT NULL, absolute BLOB NOT NULL, name TEXT NOT NULL, device INTEGER NOT NULL,
  inode INTEGER NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL, root BLOB NOT NULL,
  UNIQUE(share, path));
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

// Until then a scan wrote its number into every row that it met.
constexpr const char* kFromVersion1 =
    "ALTER TABLE file DROP COLUMN generation; ALTER TABLE share DROP COLUMN generation;";

// The files of a share, and those in a folder of it, whose paths lie between the parameters 2 and
// 3; parameter 4: whether the folders below count.
constexpr const char* kFilesOfShare =
    "SELECT id FROM file WHERE share=?1 AND (?4 OR instr(path,x'2f')=0) ORDER BY id";
constexpr const char* kFilesOfFolder =
    "SELECT id FROM file WHERE share=?1 AND path>=?2 AND path<?3 AND "
    "(?4 OR instr(substr(path,length(?2)+1),x'2f')=0) ORDER BY id";

std::string last_component(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

bool prepare_tables(SQLite::Database& db) {
  db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA journal_size_limit=67108864");
  const int version = db.execAndGet("PRAGMA user_version").getInt();
  if (version > kVersion) return false;
  if (version == kVersion) {
    FolderWriter(db).prepare();
    return true;
  }
  SQLite::Transaction transaction(db);
  db.exec(version == 1 ? kFromVersion1 : kTables);
  FolderWriter(db).prepare();
  db.exec("PRAGMA user_version=" + std::to_string(kVersion));
  transaction.commit();
  return true;
}

std::vector<ShareRow> Writer::shares() {
  std::vector<ShareRow> rows;
  const auto statement = statements_.use("SELECT id, path, device, state FROM share ORDER BY id");
  while (statement->executeStep()) {
    rows.push_back({statement->getColumn(0).getInt64(), bytes_of(statement->getColumn(1)),
                    natural(statement->getColumn(2)),
                    static_cast<ShareState>(statement->getColumn(3).getInt())});
  }
  return rows;
}

ShareRow Writer::add_share(const std::string& path) {
  {
    const auto statement =
        statements_.use("INSERT INTO share(path) VALUES(?) ON CONFLICT DO NOTHING");
    bind_bytes(*statement, 1, path);
    statement->exec();
  }
  const auto rows = shares();
  return *std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.path == path; });
}

bool Writer::remove_share(const std::string& path) {
  const auto rows = shares();
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const auto& each) { return each.path == path; });
  if (row == rows.end()) return false;
  SQLite::Transaction transaction(db_);
  forget_others(row->id, {}, {});
  clear_errors(row->id, {});
  FolderWriter(db_).forget(row->id);
  const auto statement = statements_.use("DELETE FROM share WHERE id=?");
  statement->bind(1, row->id);
  statement->exec();
  transaction.commit();
  return true;
}

bool Writer::has_share(std::int64_t id) {
  const auto statement = statements_.use("SELECT 1 FROM share WHERE id=?");
  statement->bind(1, id);
  return statement->executeStep();
}

void Writer::set_device(std::int64_t share, std::uint64_t device) {
  const auto statement = statements_.use("UPDATE share SET device=?2 WHERE id=?1 AND device<>?2");
  statement->bind(1, share);
  statement->bind(2, whole(device));
  statement->exec();
}

void Writer::set_state(std::int64_t share, ShareState state, std::uint64_t errors) {
  const auto statement = statements_.use(
      "UPDATE share SET state=?2, errors=?3 WHERE id=?1 AND (state<>?2 OR errors<>?3)");
  statement->bind(1, share);
  statement->bind(2, static_cast<int>(state));
  statement->bind(3, whole(errors));
  statement->exec();
}

void Writer::change_errors(std::int64_t share, std::uint64_t before, std::uint64_t after) {
  if (before == after) return;
  const auto statement =
      statements_.use("UPDATE share SET errors=max(0, errors-?2)+?3 WHERE id=?1");
  statement->bind(1, share);
  statement->bind(2, whole(before));
  statement->bind(3, whole(after));
  statement->exec();
}

std::optional<std::int64_t> Writer::unchanged(std::int64_t share, const std::string& relative,
                                              const FileStamp& stamp) {
  const auto statement = statements_.use(
      "SELECT id FROM file WHERE share=?1 AND path=?2 AND device=?3 AND inode=?4 AND size=?5 AND "
      "mtime=?6");
  statement->bind(1, share);
  bind_bytes(*statement, 2, relative);
  bind_stamp(*statement, 3, stamp);
  if (!statement->executeStep()) return std::nullopt;
  return statement->getColumn(0).getInt64();
}

std::optional<Hash256> Writer::known(const FileStamp& stamp) {
  const auto statement =
      statements_.use("SELECT root FROM hashed WHERE device=? AND inode=? AND size=? AND mtime=?");
  bind_stamp(*statement, 1, stamp);
  if (!statement->executeStep()) return std::nullopt;
  return hash_of(statement->getColumn(0));
}

void Writer::remember(const FileStamp& stamp, const FileTree& tree) {
  const auto hashed = statements_.use("INSERT OR REPLACE INTO hashed VALUES(?,?,?,?,?)");
  bind_stamp(*hashed, 1, stamp);
  bind_hash(*hashed, 5, tree.id.root);
  hashed->exec();
  if (tree.layer.size() < 2) return;  // it follows from the root
  const auto manifest = statements_.use("INSERT OR IGNORE INTO manifest VALUES(?,?,?)");
  bind_hash(*manifest, 1, tree.id.root);
  manifest->bind(2, whole(tree.id.length));
  bind_bytes(*manifest, 3, pack_hashes(tree.layer));
  manifest->exec();
}

std::int64_t Writer::list(const ShareRow& share, const std::string& relative,
                          const std::string& absolute, const FileStamp& stamp,
                          const Hash256& root) {
  const auto update = statements_.use(
      "UPDATE file SET device=?, inode=?, size=?, mtime=?, root=? WHERE share=? AND path=? "
      "RETURNING id");
  bind_stamp(*update, 1, stamp);
  bind_hash(*update, 5, root);
  update->bind(6, share.id);
  bind_bytes(*update, 7, relative);
  if (update->executeStep()) return update->getColumn(0).getInt64();
  const std::string name = as_utf8(last_component(relative));
  const auto insert = statements_.use(
      "INSERT INTO file(device, inode, size, mtime, root, share, path, absolute, name) "
      "VALUES(?,?,?,?,?,?,?,?,?)");
  bind_stamp(*insert, 1, stamp);
  bind_hash(*insert, 5, root);
  insert->bind(6, share.id);
  bind_bytes(*insert, 7, relative);
  bind_bytes(*insert, 8, absolute);
  insert->bind(9, name);
  insert->exec();
  const std::int64_t id = db_.getLastInsertRowid();
  const auto words = statements_.use("INSERT INTO words(rowid, name, path) VALUES(?,?,?)");
  words->bind(1, id);
  words->bind(2, fold(name));
  words->bind(3, fold(relative.substr(0, relative.size() - last_component(relative).size())));
  words->exec();
  return id;
}

void Writer::add_error(std::int64_t share, const std::string& relative, const std::string& why) {
  const auto statement = statements_.use("INSERT INTO error VALUES(?,?,?)");
  statement->bind(1, share);
  statement->bind(2, as_utf8(relative));
  statement->bind(3, why);
  statement->exec();
}

std::uint64_t Writer::clear_errors(std::int64_t share, const ScanRange& range) {
  // Paths of errors are text that may have lost bytes: where that makes two folders one, errors of
  // both go, and come back with the next scan of all.
  const auto statement = statements_.use(
      "DELETE FROM error WHERE share=?1 AND (?2='' OR path=?3 OR substr(path,1,length(?2))=?2) AND "
      "(?4 OR instr(substr(path,length(?2)+1),'/')=0)");
  const std::string folder = as_utf8(range.folder);
  statement->bind(1, share);
  statement->bind(2, folder.empty() ? folder : folder + "/");
  statement->bind(3, folder);
  statement->bind(4, range.deep ? 1 : 0);
  return static_cast<std::uint64_t>(statement->exec());
}

std::uint64_t Writer::forget_others(std::int64_t share, const ScanRange& range,
                                    const std::vector<std::int64_t>& seen) {
  std::vector<std::int64_t> gone;
  {
    const bool all = range.folder.empty();
    const auto rows = statements_.use(all ? kFilesOfShare : kFilesOfFolder);
    rows->bind(1, share);
    if (!all) bind_bytes(*rows, 2, range.folder + "/");
    if (!all) bind_bytes(*rows, 3, range.folder + "0");  // '0' is '/' + 1
    rows->bind(4, range.deep ? 1 : 0);
    auto next = seen.begin();
    while (rows->executeStep()) {
      const std::int64_t id = rows->getColumn(0).getInt64();
      while (next != seen.end() && *next < id) ++next;
      if (next == seen.end() || *next != id) gone.push_back(id);
    }
  }
  for (const std::int64_t id : gone) {
    const auto words = statements_.use("DELETE FROM words WHERE rowid=?");
    words->bind(1, id);
    words->exec();
    const auto file = statements_.use("DELETE FROM file WHERE id=?");
    file->bind(1, id);
    file->exec();
  }
  return gone.size();
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
