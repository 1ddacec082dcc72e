// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "transfer/core/merkle.h"
#include "transfer/library/library.h"

namespace shoal::transfer {

/// One share's row.
struct ShareRow {
  std::int64_t id = 0;
  std::string path;
  std::uint64_t device = 0;  ///< of its last scan; 0 before
  std::int64_t generation = 0;
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
  explicit Writer(SQLite::Database& db) : db_(db) {}

  std::vector<ShareRow> shares();
  ShareRow add_share(const std::string& path);
  bool remove_share(const std::string& path);
  bool has_share(std::int64_t id);
  /// The next generation of that share: rows that the scan leaves at an older one are gone.
  std::int64_t begin_scan(const ShareRow& share, std::uint64_t device);
  void set_state(std::int64_t share, ShareState state, std::uint64_t errors);
  std::optional<Hash256> known(const FileStamp& stamp);
  void remember(const FileStamp& stamp, const FileTree& tree);
  void list(const ShareRow& share, std::int64_t generation, const std::string& relative,
            const std::string& absolute, const FileStamp& stamp, const Hash256& root);
  void add_error(std::int64_t share, const std::string& relative, const std::string& why);
  void clear_errors(std::int64_t share);
  /// Forgets rows of older generations; how many.
  std::uint64_t forget_older(std::int64_t share, std::int64_t generation);
  std::uint64_t duplicates(std::int64_t share);
  /// Forgets hashes and manifests that no listed file needs once there are too many of them.
  void trim();

 private:
  SQLite::Database& db_;
};

/// Statements that only read. All throw SQLite::Exception.
class Reader {
 public:
  explicit Reader(SQLite::Database& db) : db_(db) {}

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
};

}  // namespace shoal::transfer
