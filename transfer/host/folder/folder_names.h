// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "transfer/core/listing.h"

namespace shoal::transfer {

/// How the entries of a list are called on this disk.
struct LocalNames {
  std::vector<std::string> paths;  ///< one for each entry; each name in it is a safe_name
  std::size_t changed = 0;         ///< entries that are not called as in the list
};

/// Names for `entries`, which parse_listing gave: safe ones, no two of which differ only in case,
/// accents' spelling or what safe_name takes away; those of later entries get a number. The same
/// entries always get the same names, and what lies in one folder stays in one folder.
LocalNames local_names(const std::vector<ListingEntry>& entries);

}  // namespace shoal::transfer
