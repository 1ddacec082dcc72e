// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/Database.h>

#include <mutex>

#include "proto/types/result.h"
#include "transfer/library/catalogue.h"
#include "transfer/library/walk.h"

namespace shoal::transfer {

/// Brings the rows of one share in line with its files. `writing` is held for each batch only,
/// never while a file is read; `closed` folders are not entered. Throws SQLite::Exception. Errors:
/// kCancelled (`progress` said so, or the share was removed meanwhile).
Result<ScanSummary> scan_share(SQLite::Database& db, std::mutex& writing, const ShareRow& share,
                               const ClosedFolders& closed, const OnProgress& progress);

}  // namespace shoal::transfer
