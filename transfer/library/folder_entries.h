// SPDX-License-Identifier: Apache-2.0
// What lies in the folders of shares, as entries of lists. Internal to this folder.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "transfer/core/listing.h"
#include "transfer/core/merkle.h"

namespace shoal::transfer {

/// What the text of a list is as a content.
FileTree list_tree(std::string_view text);

/// In the order of a list, without folders that were empty when they were met and are not any more.
std::vector<ListingEntry> in_order(std::vector<ListingEntry> entries);
/// The files of a share, in any order. Throws SQLite::Exception, as the next.
std::vector<ListingEntry> files_of(SQLite::Database& db, std::int64_t share);
/// What lies in one folder of a share ("" is the share itself), with paths from there.
std::vector<ListingEntry> entries_in(SQLite::Database& db, std::int64_t share,
                                     const std::string& folder);

}  // namespace shoal::transfer
