// SPDX-License-Identifier: Apache-2.0
// What searches for files and for folders have in common. Internal to this folder.
#pragma once

#include <cstdint>
#include <vector>

#include "transfer/library/library.h"
#include "transfer/library/statements.h"

namespace shoal::transfer {

/// A search as two statements that give root, length and name, the newest first. Their parameters:
/// ?1 the root or what the words shall match, ?2 and ?3 the lengths, ?4 the state of shares that
/// are gone, ?5 how many rows are looked at, and by_content's ?6 the length.
struct MatchingSql {
  const char* by_content;
  const char* by_words;
  std::uint64_t longest;  ///< no content of this kind has more bytes
  std::uint64_t looked;
};

/// All that is looked at; empty when the query asks for nothing, or for what cannot be. Throws
/// SQLite::Exception.
std::vector<HitFile> rows_matching(Statements& statements, const MatchingSql& sql,
                                   const LibraryQuery& query);

/// The first of each content, at most `limit`; the others are counted.
LibraryMatches one_per_content(std::vector<HitFile> best_first, std::size_t limit);

}  // namespace shoal::transfer
