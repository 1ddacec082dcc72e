// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "transfer/core/merkle.h"
#include "transfer/library/library.h"
#include "transfer/library/statements.h"
#include "transfer/library/walk.h"

namespace shoal::transfer {

/// One share's row.
struct ShareRow {
  std::int64_t id = 0;
  std::string path;
  std::uint64_t device = 0;  ///< of its last scan; 0 before
  ShareState state = ShareState::kPartial;
};

/// Where a file is listed.
struct Place {
  std::string absolute;
  std::string name;
  FileStamp stamp;
};

/// Makes or checks the tables. Throws SQLite::Exception. False: made by a newer version.
bool prepare_tables(SQLite::Database& db);

/// Statements of a scan, on the one connection that writes. All throw SQLite::Exception.
class Writer {
 public:
  explicit Writer(SQLite::Database& db) : db_(db), statements_(db) {}

  std::vector<ShareRow> shares();
  ShareRow add_share(const std::string& path);
  bool remove_share(const std::string& path);
  bool has_share(std::int64_t id);
  void set_device(std::int64_t share, std::uint64_t device);
  void set_state(std::int64_t share, ShareState state, std::uint64_t errors);
  /// After a scan of a part: its errors were `before` and are `after`.
  void change_errors(std::int64_t share, std::uint64_t before, std::uint64_t after);
  /// The number of the row that lists the file just so; none: it is new, or was edited.
  std::optional<std::int64_t> unchanged(std::int64_t share, const std::string& relative,
                                        const FileStamp& stamp);
  std::optional<Hash256> known(const FileStamp& stamp);
  void remember(const FileStamp& stamp, const FileTree& tree);
  /// Returns the number of its row.
  std::int64_t list(const ShareRow& share, const std::string& relative, const std::string& absolute,
                    const FileStamp& stamp, const Hash256& root);
  void add_error(std::int64_t share, const std::string& relative, const std::string& why);
  /// How many were kept of that part.
  std::uint64_t clear_errors(std::int64_t share, const ScanRange& range);
  /// Forgets the files of that part that are not in `seen`, which is sorted; how many.
  std::uint64_t forget_others(std::int64_t share, const ScanRange& range,
                              const std::vector<std::int64_t>& seen);
  std::uint64_t duplicates(std::int64_t share);
  /// Forgets hashes and manifests that no listed file needs once there are too many of them.
  void trim();

 private:
  SQLite::Database& db_;
  Statements statements_;
};

/// Statements that only read. All throw SQLite::Exception.
class Reader {
 public:
  explicit Reader(SQLite::Database& db) : db_(db), statements_(db) {}

  std::vector<ShareInfo> shares();
  std::vector<ScanError> errors();
  LibraryStats stats();
  std::vector<LibraryFile> files(const std::string& terms, std::size_t limit, std::int64_t after);
  LibraryMatches search(const LibraryQuery& query);
  std::vector<shoal::SharedFile> contents(const ContentId& after, std::size_t limit);
  std::vector<Place> places(const ContentId& content);
  std::vector<Hash256> layer(const ContentId& content);

 private:
  SQLite::Database& db_;
  Statements statements_;
};

}  // namespace shoal::transfer
