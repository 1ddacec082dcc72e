// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "proto/types/ids.h"
#include "transfer/library/statements.h"

namespace shoal::transfer {

/// The list of a folder as it was when somebody was given it, in a link or because they asked. A
/// folder's id changes with every file in it; whoever has an older one may still fetch what that
/// one says, as long as all of it is shared. Both throw SQLite::Exception.
struct GivenFolder {
  std::int64_t share = 0;
  std::string path;  ///< relative to the share
  std::string name;  ///< ends in '/'
};
struct GivenList {
  GivenFolder folder;
  std::string text;
};

class GivenWriter {
 public:
  explicit GivenWriter(SQLite::Database& db) : db_(db) {}

  /// Makes the table that is not there.
  void prepare();
  /// Keeps it, or notes that it was given again, maybe as another folder. Those that were not for
  /// longest go, over limits::kListsGiven and kListsGivenBytes. Within a transaction of the caller.
  void keep(const ContentId& id, const GivenList& list);
  void forget(std::int64_t share);

 private:
  SQLite::Database& db_;
};

class GivenReader {
 public:
  explicit GivenReader(SQLite::Database& db) : db_(db), statements_(db) {}

  /// Of a share that is there: which folder that was.
  std::optional<GivenFolder> find(const ContentId& id);
  /// Its list. Requires that find() found it.
  std::string text(const ContentId& id);
  /// What of it is not shared any more, in words for whoever wants it; empty: nothing.
  /// Cost: a look-up for each file; of one that was asked about since anything changed, one.
  std::string missing(const ContentId& id, const GivenFolder& folder);
  /// Nothing was given since that was, of that very folder.
  bool is_newest(const ContentId& id, const GivenFolder& folder);

 private:
  struct Verdict {
    std::int64_t version = 0;  ///< of the database
    std::string words;
  };
  std::string look(const ContentId& id, const GivenFolder& folder);
  bool shared(const ContentId& content);

  SQLite::Database& db_;
  Statements statements_;
  std::map<ContentId, Verdict> verdicts_;
};

}  // namespace shoal::transfer
