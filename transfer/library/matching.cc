// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/matching.h"

#include <algorithm>
#include <set>
#include <utility>

#include "proto/text/words.h"
#include "transfer/library/columns.h"

namespace shoal::transfer {

std::vector<HitFile> rows_matching(Statements& statements, const MatchingSql& sql,
                                   const LibraryQuery& query) {
  std::vector<HitFile> found;
  const std::string expression = match_expression(query.terms);
  if (!query.content && expression.empty()) return found;
  if (query.length_min > INT64_MAX) return found;
  if (query.content && query.content->length > sql.longest) return found;
  const auto statement = statements.use(query.content ? sql.by_content : sql.by_words);
  if (query.content) {
    bind_hash(*statement, 1, query.content->root);
    statement->bind(6, whole(query.content->length));
  } else {
    statement->bind(1, expression);
  }
  statement->bind(2, whole(query.length_min));
  statement->bind(3, whole(std::min<std::uint64_t>(query.length_max, INT64_MAX)));
  statement->bind(4, kMissing);
  statement->bind(5, whole(sql.looked));
  while (statement->executeStep()) {
    found.push_back({{hash_of(statement->getColumn(0)), natural(statement->getColumn(1))},
                     statement->getColumn(2).getString()});
  }
  return found;
}

LibraryMatches one_per_content(std::vector<HitFile> best_first, std::size_t limit) {
  LibraryMatches matches;
  std::set<ContentId> seen;
  for (HitFile& one : best_first) {
    if (!seen.insert(one.content).second) continue;
    if (matches.files.size() < limit) {
      matches.files.push_back(std::move(one));
    } else {
      ++matches.excess;
    }
  }
  return matches;
}

}  // namespace shoal::transfer
