// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/folders.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "proto/text/words.h"
#include "proto/types/limits_folders.h"
#include "transfer/core/listing.h"
#include "transfer/core/merkle.h"
#include "transfer/core/sha256.h"
#include "transfer/library/columns.h"
#include "transfer/library/matching.h"

namespace shoal::transfer {
namespace {

constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS folder(id INTEGER PRIMARY KEY AUTOINCREMENT, share INTEGER NOT NULL,
  path BLOB NOT NULL, absolute BLOB NOT NULL, name TEXT NOT NULL, root BLOB NOT NULL,
  size INTEGER NOT NULL, UNIQUE(share, path));
CREATE INDEX IF NOT EXISTS folder_content ON folder(root, size);
CREATE TABLE IF NOT EXISTS folder_empty(share INTEGER NOT NULL, path BLOB NOT NULL,
  PRIMARY KEY(share, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS folder_state(share INTEGER PRIMARY KEY, state BLOB NOT NULL);
CREATE VIRTUAL TABLE IF NOT EXISTS folder_words USING fts5(name, path, prefix='2 3',
  tokenize="unicode61 remove_diacritics 2");
)";

std::string last_component(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// As searches and links show it: ends in '/', fits a hit.
std::string shown_name(const std::string& absolute) {
  std::string name = as_utf8(last_component(absolute));
  while (name.size() >= limits::kFileNameMax) {
    do {
      name.pop_back();
    } while (!name.empty() && (static_cast<unsigned char>(name.back()) & 0x80U) != 0 &&
             as_utf8(name) != name);
  }
  return name + "/";
}

// What a query of one or three columns gives below `cut` bytes of each path.
void append(Statement& rows, bool files, std::size_t cut, std::vector<ListingEntry>& entries) {
  while (rows.executeStep()) {
    ListingEntry entry;
    entry.path = bytes_of(rows.getColumn(0)).substr(cut);
    if (files) entry.content = {hash_of(rows.getColumn(1)), natural(rows.getColumn(2))};
    entries.push_back(std::move(entry));
  }
}

// In the order of a list, without folders that were empty when they were met and are not any more.
std::vector<ListingEntry> in_order(std::vector<ListingEntry> entries) {
  std::ranges::sort(entries,
                    [](const auto& a, const auto& b) { return listed_before(a.path, b.path); });
  std::vector<ListingEntry> out;
  out.reserve(entries.size());
  for (ListingEntry& entry : entries) {
    if (!out.empty() && !out.back().content && entry.path.starts_with(out.back().path + "/")) {
      out.pop_back();
    }
    out.push_back(std::move(entry));
  }
  return out;
}

// The files of a share.
std::vector<ListingEntry> files_of(SQLite::Database& db, std::int64_t share) {
  std::vector<ListingEntry> entries;
  Statement rows(db, "SELECT path, root, size FROM file WHERE share=?");
  rows.bind(1, share);
  append(rows, true, 0, entries);
  return entries;
}

// What lies in one folder of a share ("" is the share itself), with paths from there.
std::vector<ListingEntry> entries_in(SQLite::Database& db, std::int64_t share,
                                     const std::string& folder) {
  std::vector<ListingEntry> entries;
  const std::string from = folder.empty() ? "" : folder + "/";
  const std::string to = folder.empty() ? "" : folder + "0";  // '0' is behind '/'
  for (const bool files : {true, false}) {
    std::string sql = files ? "SELECT path, root, size FROM file WHERE share=?1"
                            : "SELECT path FROM folder_empty WHERE share=?1";
    if (!folder.empty()) sql += " AND path>=?2 AND path<?3";
    Statement rows(db, sql);
    rows.bind(1, share);
    if (!folder.empty()) {
      bind_bytes(rows, 2, from);
      bind_bytes(rows, 3, to);
    }
    append(rows, files, from.size(), entries);
  }
  return in_order(std::move(entries));
}

// One folder with what is in it: a run of the share's entries.
struct Run {
  std::string path;  ///< relative to the share; empty: the share itself
  std::size_t first = 0;
  std::size_t count = 0;
};

// Every folder that has something in it.
std::vector<Run> runs_of(const std::vector<ListingEntry>& entries) {
  std::vector<Run> runs{{"", 0, entries.size()}};
  std::vector<std::size_t> open;  // runs that the last entry lies in, outermost first
  for (std::size_t at = 0; at < entries.size(); ++at) {
    const std::string& path = entries[at].path;
    while (!open.empty() && !path.starts_with(runs[open.back()].path + "/")) open.pop_back();
    std::size_t from = open.empty() ? 0 : runs[open.back()].path.size() + 1;
    for (auto slash = path.find('/', from); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
      open.push_back(runs.size());
      runs.push_back({path.substr(0, slash), at, 0});
    }
    for (const std::size_t run : open) ++runs[run].count;
  }
  return runs;
}

std::vector<ListingEntry> inside(const std::vector<ListingEntry>& entries, const Run& run) {
  std::vector<ListingEntry> out;
  out.reserve(run.count);
  const std::size_t cut = run.path.empty() ? 0 : run.path.size() + 1;
  for (std::size_t at = run.first; at < run.first + run.count; ++at) {
    out.push_back({entries[at].path.substr(cut), entries[at].content});
  }
  return out;
}

// Tells one state of a share from another.
Hash256 state_of(const std::string& path, const std::vector<ListingEntry>& entries) {
  Sha256 sha;
  const auto add = [&](const std::string& text) {
    sha.update({reinterpret_cast<const std::uint8_t*>(text.data()), text.size() + 1});
  };
  add(path);
  for (const ListingEntry& entry : entries) {
    add(entry.path);
    add(entry.content ? std::to_string(entry.content->length) : "");
    if (entry.content) sha.update(entry.content->root.bytes);
  }
  return sha.finish();
}

}  // namespace

FileTree list_tree(std::string_view text) {
  TreeHasher hasher(text.size());
  static_cast<void>(
      hasher.update({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
  return hasher.finish();
}

void FolderWriter::prepare() {
  db_.exec(kTables);
  GivenWriter(db_).prepare();
}

void FolderWriter::forget(std::int64_t share) {
  for (const char* sql :
       {"DELETE FROM folder_words WHERE rowid IN (SELECT id FROM folder WHERE share=?)",
        "DELETE FROM folder WHERE share=?", "DELETE FROM folder_empty WHERE share=?",
        "DELETE FROM folder_state WHERE share=?"}) {
    Statement statement(db_, sql);
    statement.bind(1, share);
    statement.exec();
  }
  GivenWriter(db_).forget(share);
}

bool FolderWriter::knows(std::int64_t share) {
  Statement statement(db_, "SELECT 1 FROM folder_state WHERE share=?");
  statement.bind(1, share);
  return statement.executeStep();
}

void FolderWriter::outdate(std::int64_t share, const std::vector<std::string_view>& files) {
  Statement state(db_, "DELETE FROM folder_state WHERE share=?");
  state.bind(1, share);
  state.exec();
  std::set<std::string_view> above;
  for (const std::string_view file : files) {
    for (auto slash = file.rfind('/'); slash != file.npos;
         slash = slash == 0 ? file.npos : file.rfind('/', slash - 1)) {
      if (!above.insert(file.substr(0, slash)).second) break;  // and all above it
    }
  }
  above.insert("");
  Statement find(db_, "SELECT id FROM folder WHERE share=? AND path=?");
  for (const std::string_view path : above) {
    find.reset();
    find.bind(1, share);
    bind_bytes(find, 2, std::string(path));
    if (find.executeStep()) remove(find.getColumn(0).getInt64());
  }
}

void FolderWriter::remove(std::int64_t id) {
  for (const char* sql :
       {"DELETE FROM folder_words WHERE rowid=?", "DELETE FROM folder WHERE id=?"}) {
    Statement statement(db_, sql);
    statement.bind(1, id);
    statement.exec();
  }
}

void FolderWriter::insert(std::int64_t share, const Row& row) {
  const std::string name = shown_name(row.absolute);
  Statement folder(
      db_, "INSERT INTO folder(share, path, absolute, name, root, size) VALUES(?,?,?,?,?,?)");
  folder.bind(1, share);
  bind_bytes(folder, 2, row.path);
  bind_bytes(folder, 3, row.absolute);
  folder.bind(4, name);
  bind_hash(folder, 5, row.content.root);
  folder.bind(6, whole(row.content.length));
  folder.exec();
  Statement words(db_,
                  "INSERT INTO folder_words(rowid, name, path) VALUES(last_insert_rowid(),?,?)");
  words.bind(1, fold(name));
  const auto above = row.path.rfind('/');
  words.bind(2, above == std::string::npos ? std::string() : fold(row.path.substr(0, above)));
  words.exec();
}

// Those that are as they were stay: of a hundred thousand folders one changed file touches few.
void FolderWriter::replace(std::int64_t share, const std::vector<Row>& rows) {
  std::map<std::string, const Row*> wanted;
  for (const Row& row : rows) wanted.emplace(row.path, &row);
  std::vector<std::int64_t> gone;
  {
    Statement there(db_, "SELECT id, path, absolute, root, size FROM folder WHERE share=?");
    there.bind(1, share);
    while (there.executeStep()) {
      const auto found = wanted.find(bytes_of(there.getColumn(1)));
      const bool same = found != wanted.end() &&
                        found->second->absolute == bytes_of(there.getColumn(2)) &&
                        found->second->content ==
                            ContentId{hash_of(there.getColumn(3)), natural(there.getColumn(4))};
      if (same) {
        wanted.erase(found);
      } else {
        gone.push_back(there.getColumn(0).getInt64());
      }
    }
  }
  for (const std::int64_t id : gone) remove(id);
  for (const auto& [path, row] : wanted) insert(share, *row);
}

std::vector<std::string> FolderWriter::empties(std::int64_t share, const ScanRange& range,
                                               std::vector<std::string> found, bool& changed) {
  std::vector<std::string> before;
  std::vector<std::string> kept;
  Statement rows(db_, "SELECT path FROM folder_empty WHERE share=? ORDER BY path");
  rows.bind(1, share);
  while (rows.executeStep()) {
    before.push_back(bytes_of(rows.getColumn(0)));
    const std::string& path = before.back();
    const bool met = range.whole() || path == range.folder ||
                     (range.deep && path.starts_with(range.folder + "/"));
    if (!met) kept.push_back(path);
  }
  found.insert(found.end(), kept.begin(), kept.end());
  std::ranges::sort(found);
  changed = changed || found != before;
  return found;
}

void FolderWriter::refresh(std::int64_t share, const std::string& path, const ScanRange& range,
                           std::vector<std::string> empty, bool changed) {
  empty = empties(share, range, std::move(empty), changed);
  if (!changed && knows(share)) return;
  auto unordered = files_of(db_, share);
  for (const std::string& one : empty) unordered.push_back({one, std::nullopt});
  const auto entries = in_order(std::move(unordered));
  const Hash256 state = state_of(path, entries);
  Statement known(db_, "SELECT 1 FROM folder_state WHERE share=? AND state=?");
  known.bind(1, share);
  bind_hash(known, 2, state);
  if (known.executeStep()) return;
  Statement emptied(db_, "DELETE FROM folder_empty WHERE share=?");
  emptied.bind(1, share);
  emptied.exec();
  for (const std::string& one : empty) {
    Statement insert(db_, "INSERT OR IGNORE INTO folder_empty VALUES(?,?)");
    insert.bind(1, share);
    bind_bytes(insert, 2, one);
    insert.exec();
  }
  std::vector<Row> rows;
  for (const Run& run : runs_of(entries)) {
    if (run.count == 0 || run.count > limits::kListingEntries) continue;
    const auto text = print_listing(inside(entries, run));
    if (!text) continue;  // more, or other names, than one list may have
    const std::string absolute =
        run.path.empty() ? path : (path == "/" ? "" : path) + "/" + run.path;
    rows.push_back({run.path, absolute, list_tree(*text).id});
  }
  replace(share, rows);
  Statement keep(db_, "INSERT OR REPLACE INTO folder_state VALUES(?,?)");
  keep.bind(1, share);
  bind_hash(keep, 2, state);
  keep.exec();
}

LibraryMatches FolderReader::search(const LibraryQuery& query) {
  // Few are looked at, the newest, as among the files.
  static constexpr MatchingSql kSql{
      "SELECT f.root, f.size, f.name FROM folder f JOIN share s ON s.id=f.share WHERE "
      "f.root=?1 AND f.size=?6 AND f.size BETWEEN ?2 AND ?3 AND s.state<>?4 "
      "ORDER BY f.id DESC LIMIT ?5",
      "SELECT f.root, f.size, f.name FROM folder_words CROSS JOIN folder f ON "
      "f.id=folder_words.rowid CROSS JOIN share s ON s.id=f.share WHERE folder_words MATCH ?1 "
      "AND f.size BETWEEN ?2 AND ?3 AND s.state<>?4 ORDER BY folder_words.rowid DESC LIMIT ?5",
      limits::kListingBytes, limits::kFolderMatchesLooked};
  auto found = rows_matching(statements_, kSql, query);
  // A short name has little else in it but what was asked for.
  std::ranges::sort(found, [](const HitFile& a, const HitFile& b) {
    return std::tuple(a.name.size(), a.name, a.content) <
           std::tuple(b.name.size(), b.name, b.content);
  });
  return one_per_content(std::move(found), query.limit);
}

std::vector<shoal::SharedFile> FolderReader::contents(const ContentId& after, std::size_t limit) {
  std::vector<shoal::SharedFile> out;
  Statement statement(
      db_,
      "SELECT f.root, f.size, group_concat(w.name || ' ' || w.path, ' ') FROM folder f JOIN "
      "share s ON s.id=f.share JOIN folder_words w ON w.rowid=f.id WHERE (f.root, "
      "f.size)>(?1, ?2) AND s.state<>?3 GROUP BY f.root, f.size "
      "ORDER BY f.root, f.size LIMIT ?4");
  bind_hash(statement, 1, after.root);
  statement.bind(2, whole(std::min<std::uint64_t>(after.length, INT64_MAX)));
  statement.bind(3, kMissing);
  statement.bind(4, whole(std::min<std::uint64_t>(limit, INT64_MAX)));
  while (statement.executeStep()) {
    std::string words = statement.getColumn(2).getString();
    while (words.ends_with(' ')) words.pop_back();
    out.push_back(
        {{hash_of(statement.getColumn(0)), natural(statement.getColumn(1))}, std::move(words)});
  }
  return out;
}

std::optional<HitFile> FolderReader::at(const std::string& absolute) {
  for (const char* table : {"file", "folder"}) {
    Statement statement(db_, "SELECT f.root, f.size, f.name FROM " + std::string(table) +
                                 " f JOIN share s ON s.id=f.share WHERE f.absolute=? AND "
                                 "s.state<>? LIMIT 1");
    bind_bytes(statement, 1, absolute);
    statement.bind(2, kMissing);
    if (!statement.executeStep()) continue;
    return HitFile{{hash_of(statement.getColumn(0)), natural(statement.getColumn(1))},
                   statement.getColumn(2).getString()};
  }
  return std::nullopt;
}

std::optional<FolderReader::Listed> FolderReader::list(const ContentId& content) {
  if (content.length > limits::kListingBytes) return std::nullopt;
  Statement statement(db_,
                      "SELECT f.share, f.path, f.name FROM folder f JOIN share s ON s.id=f.share "
                      "WHERE f.root=? AND f.size=? AND s.state<>?");
  bind_hash(statement, 1, content.root);
  statement.bind(2, whole(content.length));
  statement.bind(3, kMissing);
  while (statement.executeStep()) {
    const std::int64_t share = statement.getColumn(0).getInt64();
    const std::string path = bytes_of(statement.getColumn(1));
    auto text = print_listing(entries_in(db_, share, path));
    if (!text) continue;
    auto tree = list_tree(*text);
    if (tree.id != content) continue;  // a scan is under way
    return Listed{{{share, path, statement.getColumn(2).getString()}, std::move(*text)},
                  std::move(tree)};
  }
  return std::nullopt;
}

std::optional<ContentId> FolderReader::id_of(std::int64_t share, const std::string& path) {
  Statement statement(db_, "SELECT root, size FROM folder WHERE share=? AND path=?");
  statement.bind(1, share);
  bind_bytes(statement, 2, path);
  if (!statement.executeStep()) return std::nullopt;
  return ContentId{hash_of(statement.getColumn(0)), natural(statement.getColumn(1))};
}

}  // namespace shoal::transfer
