// SPDX-License-Identifier: Apache-2.0
// The catalogue's statements that only read.
#include <algorithm>
#include <tuple>
#include <utility>

#include "proto/text/words.h"
#include "proto/types/limits_library.h"
#include "transfer/library/columns.h"
#include "transfer/library/matching.h"

namespace shoal::transfer {
namespace {

// A match and how good it is. All words occur in all matches, so how rare they are says nothing:
// what has more of them in its own name, and less else in it, is meant more likely.
struct Ranked {
  HitFile file;
  std::size_t in_name = 0;
  std::size_t words = 0;
};

Ranked ranked(HitFile file, const std::vector<std::string>& terms) {
  const auto words = words_of(file.name);
  Ranked out{std::move(file), 0, words.size()};
  for (std::size_t at = 0; at < terms.size(); ++at) {
    const bool last = at + 1 == terms.size();
    out.in_name += std::ranges::any_of(words, [&](const std::string& word) {
      return last ? word.starts_with(terms[at]) : word == terms[at];
    });
  }
  return out;
}

bool before(const Ranked& a, const Ranked& b) {
  return std::tie(b.in_name, a.words, a.file.name, a.file.content) <
         std::tie(a.in_name, b.words, b.file.name, b.file.content);
}

}  // namespace

std::vector<ShareInfo> Reader::shares() {
  std::vector<ShareInfo> infos;
  Statement statement(db_,
                      "SELECT s.path, s.state, s.errors, count(f.id), coalesce(sum(f.size),0) FROM "
                      "share s LEFT JOIN file f ON f.share=s.id GROUP BY s.id ORDER BY s.path");
  while (statement.executeStep()) {
    ShareInfo info;
    info.path = bytes_of(statement.getColumn(0));
    info.state = static_cast<ShareState>(statement.getColumn(1).getInt());
    info.errors = natural(statement.getColumn(2));
    info.files = natural(statement.getColumn(3));
    info.bytes = natural(statement.getColumn(4));
    infos.push_back(std::move(info));
  }
  return infos;
}

std::vector<ScanError> Reader::errors() {
  std::vector<ScanError> errors;
  Statement statement(db_,
                      "SELECT s.path, e.path, e.why FROM error e JOIN share s ON s.id=e.share "
                      "ORDER BY s.path, e.path, e.why");
  while (statement.executeStep()) {
    errors.push_back({as_utf8(bytes_of(statement.getColumn(0))), statement.getColumn(1).getString(),
                      statement.getColumn(2).getString()});
  }
  return errors;
}

LibraryStats Reader::stats() {
  LibraryStats stats;
  stats.shares = natural(db_.execAndGet("SELECT count(*) FROM share"));
  Statement statement(
      db_,
      "SELECT count(*), coalesce(sum(size),0) FROM (SELECT absolute, max(size) size "
      "FROM file JOIN share s ON s.id=share WHERE s.state<>? GROUP BY absolute)");
  statement.bind(1, kMissing);
  if (statement.executeStep()) {
    stats.files = natural(statement.getColumn(0));
    stats.bytes = natural(statement.getColumn(1));
  }
  return stats;
}

std::vector<LibraryFile> Reader::files(const std::string& terms, std::size_t limit,
                                       std::int64_t after) {
  std::vector<LibraryFile> files;
  const std::string expression = match_expression(terms);
  if (expression.empty() && !terms.empty()) return files;
  std::string sql = "SELECT id, root, size, name, absolute FROM file WHERE id>? ";
  if (!expression.empty()) sql += "AND id IN (SELECT rowid FROM words WHERE words MATCH ?2) ";
  Statement statement(db_, sql + "ORDER BY id LIMIT ?3");
  statement.bind(1, after);
  if (!expression.empty()) statement.bind(2, expression);
  statement.bind(3, whole(std::min<std::uint64_t>(limit, INT64_MAX)));
  while (statement.executeStep()) {
    files.push_back({statement.getColumn(0).getInt64(),
                     {hash_of(statement.getColumn(1)), natural(statement.getColumn(2))},
                     statement.getColumn(3).getString(),
                     as_utf8(bytes_of(statement.getColumn(4)))});
  }
  return files;
}

LibraryMatches Reader::search(const LibraryQuery& query) {
  // In both the newest come first, and no more are looked at than the limit says: a word that every
  // second file has costs no more than a rare one.
  static constexpr MatchingSql kSql{
      "SELECT f.root, f.size, f.name FROM file f JOIN share s ON s.id=f.share WHERE "
      "f.root=?1 AND f.size=?6 AND f.size BETWEEN ?2 AND ?3 AND s.state<>?4 "
      "ORDER BY f.id DESC LIMIT ?5",
      "SELECT f.root, f.size, f.name FROM words CROSS JOIN file f ON f.id=words.rowid "
      "CROSS JOIN share s ON s.id=f.share WHERE words MATCH ?1 AND f.size BETWEEN ?2 AND ?3 "
      "AND s.state<>?4 ORDER BY words.rowid DESC LIMIT ?5",
      limits::kFileBytesMax, limits::kMatchesLooked};
  const auto words = words_of(query.terms);
  std::vector<Ranked> found;
  for (HitFile& one : rows_matching(statements_, kSql, query)) {
    found.push_back(ranked(std::move(one), words));
  }
  std::ranges::sort(found, before);
  std::vector<HitFile> files;
  files.reserve(found.size());
  for (Ranked& one : found) files.push_back(std::move(one.file));
  return one_per_content(std::move(files), query.limit);
}

std::vector<shoal::SharedFile> Reader::contents(const ContentId& after, std::size_t limit) {
  std::vector<shoal::SharedFile> files;
  Statement statement(db_,
                      "SELECT f.root, f.size, group_concat(w.name || ' ' || w.path, ' ') FROM file "
                      "f JOIN share s ON s.id=f.share JOIN words w ON w.rowid=f.id WHERE (f.root, "
                      "f.size)>(?1, ?2) AND s.state<>?3 GROUP BY f.root, f.size "
                      "ORDER BY f.root, f.size LIMIT ?4");
  bind_hash(statement, 1, after.root);
  statement.bind(2, whole(std::min<std::uint64_t>(after.length, INT64_MAX)));
  statement.bind(3, kMissing);
  statement.bind(4, whole(std::min<std::uint64_t>(limit, INT64_MAX)));
  while (statement.executeStep()) {
    const ContentId id{hash_of(statement.getColumn(0)), natural(statement.getColumn(1))};
    files.push_back({id, each_once(statement.getColumn(2).getString())});
  }
  return files;
}

std::vector<Place> Reader::places(const ContentId& content) {
  std::vector<Place> places;
  if (content.length > limits::kFileBytesMax) return places;
  const auto statement = statements_.use(
      "SELECT f.absolute, f.name, f.device, f.inode, f.size, f.mtime FROM file f "
      "JOIN share s ON s.id=f.share WHERE f.root=? AND f.size=? AND s.state<>? "
      "ORDER BY f.name, f.absolute");
  bind_hash(*statement, 1, content.root);
  statement->bind(2, whole(content.length));
  statement->bind(3, kMissing);
  while (statement->executeStep()) {
    places.push_back({bytes_of(statement->getColumn(0)),
                      statement->getColumn(1).getString(),
                      {natural(statement->getColumn(2)), natural(statement->getColumn(3)),
                       natural(statement->getColumn(4)), statement->getColumn(5).getInt64()}});
  }
  return places;
}

std::vector<Hash256> Reader::layer(const ContentId& content) {
  const Layout layout(content.length);
  if (layout.pieces == 0) return {};
  if (layout.pieces == 1) return {content.root};
  const auto statement = statements_.use("SELECT layer FROM manifest WHERE root=? AND size=?");
  bind_hash(*statement, 1, content.root);
  statement->bind(2, whole(content.length));
  if (!statement->executeStep()) throw SQLite::Exception("a manifest is missing", 11);
  const auto layer = unpack_hashes(bytes_of(statement->getColumn(0)));
  if (!layer || layer->size() != layout.pieces) {
    throw SQLite::Exception("a manifest has the wrong size", 11);
  }
  return *layer;
}

}  // namespace shoal::transfer
