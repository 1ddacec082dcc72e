// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/listing_head.h"
#include "proto/types/result.h"

namespace shoal::transfer {

/// A file of a folder, or a folder in it that has nothing in it.
struct ListingEntry {
  std::string path;                  ///< from the folder, bytes as its owner has them; '/' between
  std::optional<ContentId> content;  ///< none: an empty folder
  friend bool operator==(const ListingEntry&, const ListingEntry&) = default;
};

/// Before: by components, each as bytes, so that what lies in one folder stands together and right
/// behind its name.
bool listed_before(std::string_view a, std::string_view b);

/// The list of a folder, the one text that says these entries; its content id is the folder's.
/// Behind kListingHead each line is `f <root, 64 hex digits> <length> <path>` or `d <path>`, in the
/// order of listed_before; in a path control characters and '%' are written %XX. A folder's own
/// name is no part of it. Errors: those of parse_listing, for entries that no list may have.
Result<std::string> print_listing(const std::vector<ListingEntry>& entries);

/// The entries of a list that a peer made. Nothing of a list that is not as print_listing writes it
/// is used. Every path that comes out is relative and of 1 to limits::kScanDepthMax + 1 components,
/// none of them empty, "." or "..", longer than limits::kFileNameMax or with NUL; none is there
/// twice or lies below a file. Errors: kIntegrity (with the line), kTooLarge (over
/// limits::kListingEntries, kListingBytes, kFolderBytesMax).
Result<std::vector<ListingEntry>> parse_listing(std::string_view text);

}  // namespace shoal::transfer
