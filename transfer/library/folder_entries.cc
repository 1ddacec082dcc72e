// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/folder_entries.h"

#include <algorithm>
#include <utility>

#include "transfer/library/columns.h"

namespace shoal::transfer {
namespace {

// What a query of one or three columns gives below `cut` bytes of each path.
void append(Statement& rows, bool files, std::size_t cut, std::vector<ListingEntry>& entries) {
  while (rows.executeStep()) {
    ListingEntry entry;
    entry.path = bytes_of(rows.getColumn(0)).substr(cut);
    if (files) entry.content = {hash_of(rows.getColumn(1)), natural(rows.getColumn(2))};
    entries.push_back(std::move(entry));
  }
}

}  // namespace

FileTree list_tree(std::string_view text) {
  TreeHasher hasher(text.size());
  static_cast<void>(
      hasher.update({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
  return hasher.finish();
}

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

std::vector<ListingEntry> files_of(SQLite::Database& db, std::int64_t share) {
  std::vector<ListingEntry> entries;
  Statement rows(db, "SELECT path, root, size FROM file WHERE share=?");
  rows.bind(1, share);
  append(rows, true, 0, entries);
  return entries;
}

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

}  // namespace shoal::transfer
