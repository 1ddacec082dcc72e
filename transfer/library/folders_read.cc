// SPDX-License-Identifier: Apache-2.0
// What is asked of the folders of shares.
#include <algorithm>
#include <tuple>
#include <utility>

#include "proto/types/limits_folders.h"
#include "transfer/library/columns.h"
#include "transfer/library/folder_entries.h"
#include "transfer/library/folders.h"
#include "transfer/library/matching.h"

namespace shoal::transfer {

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
