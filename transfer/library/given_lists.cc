// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/given_lists.h"

#include <cstddef>
#include <vector>

#include "proto/text/words.h"
#include "proto/types/limits_folders.h"
#include "transfer/core/listing.h"
#include "transfer/library/columns.h"

namespace shoal::transfer {

void GivenWriter::prepare() {
  db_.exec(
      "CREATE TABLE IF NOT EXISTS folder_given(root BLOB NOT NULL, size INTEGER NOT NULL, "
      "used INTEGER NOT NULL, share INTEGER NOT NULL, path BLOB NOT NULL, name TEXT NOT NULL, "
      "text BLOB NOT NULL, PRIMARY KEY(root, size))");
}

void GivenWriter::keep(const ContentId& id, const GivenList& list) {
  Statement again(db_,
                  "UPDATE folder_given SET used=(SELECT max(used)+1 FROM folder_given), share=?3, "
                  "path=?4, name=?5 WHERE root=?1 AND size=?2");
  bind_hash(again, 1, id.root);
  again.bind(2, whole(id.length));
  again.bind(3, list.folder.share);
  bind_bytes(again, 4, list.folder.path);
  again.bind(5, list.folder.name);
  if (again.exec() > 0) return;
  Statement insert(db_,
                   "INSERT INTO folder_given VALUES(?,?,(SELECT ifnull(max(used),0)+1 FROM "
                   "folder_given),?,?,?,?)");
  bind_hash(insert, 1, id.root);
  insert.bind(2, whole(id.length));
  insert.bind(3, list.folder.share);
  bind_bytes(insert, 4, list.folder.path);
  insert.bind(5, list.folder.name);
  bind_bytes(insert, 6, list.text);
  insert.exec();
  // The newest always stays: one list is never over the bound alone.
  static_assert(limits::kListsGivenBytes >= limits::kListingBytes);
  Statement trim(db_,
                 "DELETE FROM folder_given WHERE used IN (SELECT used FROM (SELECT used, "
                 "row_number() OVER newest AS place, sum(size) OVER newest AS bytes FROM "
                 "folder_given WINDOW newest AS (ORDER BY used DESC)) WHERE place>? OR bytes>?)");
  trim.bind(1, whole(limits::kListsGiven));
  trim.bind(2, whole(limits::kListsGivenBytes));
  trim.exec();
}

void GivenWriter::forget(std::int64_t share) {
  Statement statement(db_, "DELETE FROM folder_given WHERE share=?");
  statement.bind(1, share);
  statement.exec();
}

std::optional<GivenFolder> GivenReader::find(const ContentId& id) {
  if (id.length > limits::kListingBytes) return std::nullopt;
  const auto statement = statements_.use(
      "SELECT g.share, g.path, g.name FROM folder_given g JOIN share s ON s.id=g.share "
      "WHERE g.root=? AND g.size=? AND s.state<>?");
  bind_hash(*statement, 1, id.root);
  statement->bind(2, whole(id.length));
  statement->bind(3, kMissing);
  if (!statement->executeStep()) return std::nullopt;
  return GivenFolder{statement->getColumn(0).getInt64(), bytes_of(statement->getColumn(1)),
                     statement->getColumn(2).getString()};
}

std::string GivenReader::text(const ContentId& id) {
  const auto statement = statements_.use("SELECT text FROM folder_given WHERE root=? AND size=?");
  bind_hash(*statement, 1, id.root);
  statement->bind(2, whole(id.length));
  return statement->executeStep() ? bytes_of(statement->getColumn(0)) : std::string();
}

bool GivenReader::is_newest(const ContentId& id, const GivenFolder& folder) {
  const auto statement = statements_.use(
      "SELECT 1 FROM folder_given WHERE root=? AND size=? AND used=(SELECT max(used) FROM "
      "folder_given) AND share=? AND path=?");
  bind_hash(*statement, 1, id.root);
  statement->bind(2, whole(id.length));
  statement->bind(3, folder.share);
  bind_bytes(*statement, 4, folder.path);
  return statement->executeStep();
}

std::string GivenReader::missing(const ContentId& id, const GivenFolder& folder) {
  const std::int64_t version = db_.execAndGet("PRAGMA data_version").getInt64();
  if (const auto known = verdicts_.find(id);
      known != verdicts_.end() && known->second.version == version) {
    return known->second.words;
  }
  if (verdicts_.size() >= limits::kListsGiven) verdicts_.clear();
  Verdict& verdict = verdicts_[id];
  verdict = {version, look(id, folder)};
  return verdict.words;
}

bool GivenReader::shared(const ContentId& content) {
  if (content.length == 0) return true;  // nobody has to be asked for nothing
  const auto statement = statements_.use(
      "SELECT 1 FROM file f JOIN share s ON s.id=f.share WHERE f.root=? AND f.size=? AND "
      "s.state<>? LIMIT 1");
  bind_hash(*statement, 1, content.root);
  statement->bind(2, whole(content.length));
  statement->bind(3, kMissing);
  return statement->executeStep();
}

std::string GivenReader::look(const ContentId& id, const GivenFolder& folder) {
  const auto entries = parse_listing(text(id));
  if (!entries) return "its list is damaged";  // not as we wrote it
  constexpr std::size_t kNamed = 3;
  constexpr std::size_t kNameBytes = 120;
  std::string words;
  std::size_t count = 0;
  for (const ListingEntry& entry : *entries) {
    if (!entry.content || shared(*entry.content)) continue;
    if (++count > kNamed) continue;
    const auto statement = statements_.use("SELECT 1 FROM file WHERE share=? AND path=?");
    statement->bind(1, folder.share);
    bind_bytes(*statement, 2, (folder.path.empty() ? "" : folder.path + "/") + entry.path);
    std::string name = as_utf8(entry.path);
    if (name.size() > kNameBytes) name = as_utf8(name.substr(0, kNameBytes)) + "...";
    words += (words.empty() ? "" : ", ") + name +
             (statement->executeStep() ? " is another now" : " is gone");
  }
  if (count > kNamed) words += ", and " + std::to_string(count - kNamed) + " more";
  return words;
}

}  // namespace shoal::transfer
