// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/folders.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "proto/text/words.h"
#include "proto/types/limits_folders.h"
#include "transfer/core/listing.h"
#include "transfer/core/sha256.h"
#include "transfer/library/columns.h"
#include "transfer/library/folder_entries.h"

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
    const auto statement = statements_.use(sql);
    statement->bind(1, id);
    statement->exec();
  }
}

void FolderWriter::insert(std::int64_t share, const Row& row) {
  const std::string name = shown_name(row.absolute);
  const auto folder = statements_.use(
      "INSERT INTO folder(share, path, absolute, name, root, size) VALUES(?,?,?,?,?,?)");
  folder->bind(1, share);
  bind_bytes(*folder, 2, row.path);
  bind_bytes(*folder, 3, row.absolute);
  folder->bind(4, name);
  bind_hash(*folder, 5, row.content.root);
  folder->bind(6, whole(row.content.length));
  folder->exec();
  const auto words = statements_.use(
      "INSERT INTO folder_words(rowid, name, path) VALUES(last_insert_rowid(),?,?)");
  words->bind(1, fold(name));
  const auto above = row.path.rfind('/');
  words->bind(2, above == std::string::npos ? std::string() : fold(row.path.substr(0, above)));
  words->exec();
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

}  // namespace shoal::transfer
