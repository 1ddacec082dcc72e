// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace shoal {

/// The first line of every folder's list (transfer/core/listing.h), by which whoever fetched one as
/// a file can see what it is.
inline constexpr std::string_view kListingHead = "shoal-folder 1\n";

}  // namespace shoal
