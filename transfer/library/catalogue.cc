// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/catalogue.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <set>

#include "transfer/core/manifest.h"
#include "transfer/library/fold.h"

namespace shoal::transfer {
namespace {

using SQLite::Statement;

constexpr int kVersion = 1;
constexpr int kMissing = static_cast<int>(ShareState::kMissing);

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

// SQLite's integers are signed; devices, inodes and sizes pass through unchanged.
std::int64_t whole(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::uint64_t natural(const SQLite::Column& column) {
  return static_cast<std::uint64_t>(column.getInt64());
}

void bind_bytes(Statement& statement, int at, const std::string& bytes) {
  static constexpr char kNothing = 0;  // a null pointer would bind NULL
  statement.bind(at, bytes.empty() ? &kNothing : bytes.data(), static_cast<int>(bytes.size()));
}
void bind_hash(Statement& statement, int at, const Hash256& hash) {
  statement.bind(at, hash.bytes.data(), static_cast<int>(hash.bytes.size()));
}
std::string bytes_of(const SQLite::Column& column) {
  const auto size = static_cast<std::size_t>(column.getBytes());
  return size == 0 ? std::string() : std::string(static_cast<const char*>(column.getBlob()), size);
}
Hash256 hash_of(const SQLite::Column& column) {
  const auto hashes = unpack_hashes(bytes_of(column));
  if (!hashes || hashes->size() != 1) throw SQLite::Exception("a root is not 32 bytes", 11);
  return hashes->front();
}
void bind_stamp(Statement& statement, int from, const FileStamp& stamp) {
  statement.bind(from, whole(stamp.device));
  statement.bind(from + 1, whole(stamp.inode));
  statement.bind(from + 2, whole(stamp.size));
  statement.bind(from + 3, stamp.mtime_ns);
}

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

std::vector<ShareInfo> Reader::shares() {
  std::vector<ShareInfo> infos;
  Statement statement(db_,
                      "SELECT s.path, s.state, s.errors, count(f.id), coalesce(sum(f.size),0) FROM "
                      "share s LEFT JOIN file f ON f.share=s.id GROUP BY s.id ORDER BY s.path");
  while (statement.executeStep()) {
    ShareInfo info;
    info.path = bytes_of(statement.getColumn(0));
    info.state = static_cast<ShareState>(statement.getColumn(1).getInt());
    info.errors = natural(statement.getColumn(2));
    info.files = natural(statement.getColumn(3));
    info.bytes = natural(statement.getColumn(4));
    infos.push_back(std::move(info));
  }
  return infos;
}

std::vector<ScanError> Reader::errors() {
  std::vector<ScanError> errors;
  Statement statement(db_,
                      "SELECT s.path, e.path, e.why FROM error e JOIN share s ON s.id=e.share "
                      "ORDER BY s.path, e.path, e.why");
  while (statement.executeStep()) {
    errors.push_back({as_utf8(bytes_of(statement.getColumn(0))), statement.getColumn(1).getString(),
                      statement.getColumn(2).getString()});
  }
  return errors;
}

LibraryStats Reader::stats() {
  LibraryStats stats;
  stats.shares = natural(db_.execAndGet("SELECT count(*) FROM share"));
  Statement statement(
      db_,
      "SELECT count(*), coalesce(sum(size),0) FROM (SELECT absolute, max(size) size "
      "FROM file JOIN share s ON s.id=share WHERE s.state<>? GROUP BY absolute)");
  statement.bind(1, kMissing);
  if (statement.executeStep()) {
    stats.files = natural(statement.getColumn(0));
    stats.bytes = natural(statement.getColumn(1));
  }
  return stats;
}

std::vector<LibraryFile> Reader::files(const std::string& terms, std::size_t limit,
                                       std::int64_t after) {
  std::vector<LibraryFile> files;
  const std::string expression = match_expression(terms);
  if (expression.empty() && !terms.empty()) return files;
  std::string sql = "SELECT id, root, size, name, absolute FROM file WHERE id>? ";
  if (!expression.empty()) sql += "AND id IN (SELECT rowid FROM words WHERE words MATCH ?2) ";
  Statement statement(db_, sql + "ORDER BY id LIMIT ?3");
  statement.bind(1, after);
  if (!expression.empty()) statement.bind(2, expression);
  statement.bind(3, whole(std::min<std::uint64_t>(limit, INT64_MAX)));
  while (statement.executeStep()) {
    files.push_back({statement.getColumn(0).getInt64(),
                     {hash_of(statement.getColumn(1)), natural(statement.getColumn(2))},
                     statement.getColumn(3).getString(),
                     as_utf8(bytes_of(statement.getColumn(4)))});
  }
  return files;
}

LibraryMatches Reader::search(const LibraryQuery& query) {
  LibraryMatches matches;
  const std::string expression = match_expression(query.terms);
  if (!query.content && expression.empty()) return matches;
  if (query.length_min > INT64_MAX) return matches;
  const std::string tail = " AND f.size BETWEEN ?2 AND ?3 AND s.state<>?4 ORDER BY ";
  Statement statement(
      db_, query.content
               ? "SELECT f.root, f.size, f.name FROM file f JOIN share s ON s.id=f.share WHERE "
                 "f.root=?1 AND f.size=?5" +
                     tail + "f.name"
               : "SELECT f.root, f.size, f.name FROM words JOIN file f ON f.id=words.rowid JOIN "
                 "share s ON s.id=f.share WHERE words MATCH ?1" +
                     tail + "bm25(words, 4.0, 1.0), f.name, f.root");
  if (query.content) {
    if (query.content->length > limits::kFileBytesMax) return matches;
    bind_hash(statement, 1, query.content->root);
    statement.bind(5, whole(query.content->length));
  } else {
    statement.bind(1, expression);
  }
  statement.bind(2, whole(query.length_min));
  statement.bind(3, whole(std::min<std::uint64_t>(query.length_max, INT64_MAX)));
  statement.bind(4, kMissing);
  std::set<ContentId> seen;
  while (statement.executeStep()) {
    const ContentId id{hash_of(statement.getColumn(0)), natural(statement.getColumn(1))};
    if (!seen.insert(id).second) continue;
    if (matches.files.size() < query.limit) {
      matches.files.push_back({id, statement.getColumn(2).getString()});
    } else {
      ++matches.excess;
    }
  }
  return matches;
}

std::vector<Place> Reader::places(const ContentId& content) {
  std::vector<Place> places;
  if (content.length > limits::kFileBytesMax) return places;
  Statement statement(db_,
                      "SELECT f.absolute, f.name, f.device, f.inode, f.size, f.mtime FROM file f "
                      "JOIN share s ON s.id=f.share WHERE f.root=? AND f.size=? AND s.state<>? "
                      "ORDER BY f.name, f.absolute");
  bind_hash(statement, 1, content.root);
  statement.bind(2, whole(content.length));
  statement.bind(3, kMissing);
  while (statement.executeStep()) {
    places.push_back({bytes_of(statement.getColumn(0)),
                      statement.getColumn(1).getString(),
                      {natural(statement.getColumn(2)), natural(statement.getColumn(3)),
                       natural(statement.getColumn(4)), statement.getColumn(5).getInt64()}});
  }
  return places;
}

std::vector<Hash256> Reader::layer(const ContentId& content) {
  const Layout layout(content.length);
  if (layout.pieces == 0) return {};
  if (layout.pieces == 1) return {content.root};
  Statement statement(db_, "SELECT layer FROM manifest WHERE root=? AND size=?");
  bind_hash(statement, 1, content.root);
  statement.bind(2, whole(content.length));
  if (!statement.executeStep()) throw SQLite::Exception("a manifest is missing", 11);
  const auto layer = unpack_hashes(bytes_of(statement.getColumn(0)));
  if (!layer || layer->size() != layout.pieces) {
    throw SQLite::Exception("a manifest has the wrong size", 11);
  }
  return *layer;
}

}  // namespace shoal::transfer
