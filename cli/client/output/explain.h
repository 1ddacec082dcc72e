// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "proto/json/search.h"
#include "proto/types/result.h"

namespace shoal::client {

/// The report of a search in words, a line each: why it ended, who was asked at which hop, copies
/// and duplicates, what was cut and by what, and through which first friends it went.
std::vector<std::string> explain(const json::NamedReport& named);

/// Some friend, or something beside the overlays, answered or at least was asked.
bool was_anybody_asked(const json::NamedReport& named);

/// That nobody could be asked, which friends are down since when and why, and what to try.
/// Requires a report of which was_anybody_asked() is false.
Error nobody_asked(const json::NamedReport& named);

/// What a search was for, as far as a hint needs to know.
struct Asked {
  bool content = false;  ///< a content id, no words
  bool sized = false;    ///< only files of certain sizes
  std::size_t words = 1;
};

/// What to try after a search without hits that asked somebody.
std::string hint(const json::NamedReport& named, const Asked& request);

}  // namespace shoal::client
