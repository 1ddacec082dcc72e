// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transfer/library/given_lists.h"
#include "transfer/library/library.h"
#include "transfer/library/statements.h"
#include "transfer/library/walk.h"

namespace shoal::transfer {

/// Folders of the shares as things of their own: which content id the list of each has. The lists
/// themselves are made from the listed files whenever one is asked for. Statements beside those of
/// the catalogue, in tables of their own. All throw SQLite::Exception.
class FolderWriter {
 public:
  explicit FolderWriter(SQLite::Database& db) : db_(db), statements_(db) {}

  /// Makes the tables that are not there.
  void prepare();
  /// After a scan of that part of a share: `empty` are the folders in it that have nothing to
  /// share, relative; `changed`: its rows did. Writes only when something is not as it was. Within
  /// a transaction of the caller. Cost: without a change, reads the empty folders. With one, reads
  /// all rows of the share, hashes each file's line once for each folder above it, and writes the
  /// rows of folders that are other than before.
  void refresh(std::int64_t share, const std::string& path, const ScanRange& range,
               std::vector<std::string> empty, bool changed);
  /// Rows of these files, relative to the share, were written: the folders above them have ids that
  /// the next refresh() finds, whenever that comes, and none until then. In the transaction that
  /// wrote the rows.
  void outdate(std::int64_t share, const std::vector<std::string_view>& files);
  void forget(std::int64_t share);

 private:
  /// One folder as its row has it.
  struct Row {
    std::string path;
    std::string absolute;
    ContentId content;
  };
  /// The rows of a share become these.
  void replace(std::int64_t share, const std::vector<Row>& rows);
  void insert(std::int64_t share, const Row& row);
  void remove(std::int64_t id);
  [[nodiscard]] bool knows(std::int64_t share);
  /// All empty folders of the share, given those of a part.
  std::vector<std::string> empties(std::int64_t share, const ScanRange& range,
                                   std::vector<std::string> found, bool& changed);

  SQLite::Database& db_;
  Statements statements_;  ///< of what is run for each row
};

class FolderReader {
 public:
  explicit FolderReader(SQLite::Database& db) : db_(db), statements_(db) {}

  /// As Library::search, for folders only.
  LibraryMatches search(const LibraryQuery& query);
  std::vector<shoal::SharedFile> contents(const ContentId& after, std::size_t limit);
  /// What is shared under that absolute path, file or folder.
  std::optional<HitFile> at(const std::string& absolute);

  struct Listed {
    GivenList list;
    FileTree tree;  ///< of its text
  };
  /// The list with that id as the files are listed now, or none.
  std::optional<Listed> list(const ContentId& content);
  /// The id of that folder now, or none.
  std::optional<ContentId> id_of(std::int64_t share, const std::string& path);

 private:
  SQLite::Database& db_;
  Statements statements_;
};

}  // namespace shoal::transfer
