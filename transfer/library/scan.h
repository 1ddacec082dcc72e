// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/Database.h>

#include <mutex>

#include "proto/types/result.h"
#include "transfer/library/catalogue.h"
#include "transfer/library/hash_crew.h"
#include "transfer/library/walk.h"

namespace shoal::transfer {

/// What scans work with.
struct ScanTools {
  ClosedFolders closed = {};  ///< not entered
  HashHelp help = {};
};

/// Brings the rows of a part of one share in line with its files; all of it, when the share was
/// missing or not scanned to its end. `writing` is held for each batch only, never while a file is
/// read. A scan that finds nothing new writes nothing. Throws SQLite::Exception. Errors: kCancelled
/// (`progress` said so, or the share was removed meanwhile).
/// Memory: 8 bytes for each file of that part, and what HashCrew holds.
Result<ScanSummary> scan_share(SQLite::Database& db, std::mutex& writing, const ShareRow& share,
                               const ScanRange& range, const ScanTools& tools,
                               const OnProgress& progress);

}  // namespace shoal::transfer
