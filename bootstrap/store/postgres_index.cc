// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/store/postgres_index.h"

#include <algorithm>
#include <utility>

#include "bootstrap/store/postgres_values.h"
#include "proto/text/words.h"
#include "proto/types/limits.h"

namespace shoal::bootstrap {
namespace {

// One peer's row; number 0: it has none.
struct Owner {
  std::int64_t number = 0;
  IndexHead head;
};

Owner owner_of(PostgresWork& work, const PeerId& id) {
  const auto rows = work.exec_params(
      "SELECT number, sequence, entries FROM shoal_indexed WHERE id=$1 FOR UPDATE", pg::bytes(id));
  if (rows.empty()) return {};
  return {rows[0][0].as<std::int64_t>(), {pg::number_of(rows[0][1]), pg::number_of(rows[0][2])}};
}

std::uint64_t entries_of_all(PostgresWork& work) {
  return pg::number_of(work.exec("SELECT entries FROM shoal_index_size")[0][0]);
}

// Last in a transaction: everybody else who changes something waits for it.
void grow(PostgresWork& work, std::int64_t entries) {
  work.exec_params("UPDATE shoal_index_size SET entries=entries+$1", entries);
}

// Contents as two columns of one statement: a statement each would be a round trip each.
struct Contents {
  std::vector<std::string> roots;
  std::vector<std::int64_t> lengths;

  void add(const ContentId& content) {
    roots.emplace_back(content.root.bytes.begin(), content.root.bytes.end());
    lengths.push_back(pg::number(content.length));
  }
};

std::uint64_t count_held(PostgresWork& work, std::int64_t owner, const Contents& contents) {
  if (contents.roots.empty()) return 0;
  return pg::number_of(
      work.exec_params("SELECT count(*) FROM shoal_file f JOIN unnest($2::bytea[], $3::bigint[]) "
                       "AS w(root, length) ON f.root=w.root AND f.length=w.length WHERE f.owner=$1",
                       owner, pg::array(contents.roots), pg::array(contents.lengths))[0][0]);
}

// And seals that cover nothing any more.
void remove(PostgresWork& work, std::int64_t owner, const Contents& contents) {
  if (contents.roots.empty()) return;
  work.exec_params(
      "WITH gone AS (DELETE FROM shoal_file f USING unnest($2::bytea[], $3::bigint[]) "
      "AS w(root, length) WHERE f.owner=$1 AND f.root=w.root AND f.length=w.length "
      "RETURNING f.seal), less AS (SELECT seal, count(*) AS files FROM gone GROUP BY seal) "
      "UPDATE shoal_seal s SET files=s.files-less.files FROM less WHERE s.number=less.seal",
      owner, pg::array(contents.roots), pg::array(contents.lengths));
  work.exec_params("DELETE FROM shoal_seal WHERE owner=$1 AND files=0", owner);
}

void add_files(PostgresWork& work, std::int64_t owner, const SealedUpdate& sealed) {
  const auto& files = sealed.update.add;
  if (files.empty()) return;
  const auto seal =
      work.exec_params(
              "INSERT INTO shoal_seal(owner, bytes, signature, files) VALUES($1,$2,$3,$4) "
              "RETURNING number",
              owner, pg::bytes(sealed.seal), pg::bytes(sealed.signature),
              pg::number(files.size()))[0][0]
          .as<std::int64_t>();
  Contents contents;
  std::vector<std::string> names;
  std::vector<std::string> words;
  std::vector<std::int64_t> places;
  std::vector<std::string> paths;
  for (const auto& each : files) {
    contents.add(each.content);
    names.push_back(each.name);
    words.push_back(fold(each.name));
  }
  for (const auto& each : paths_of(sealed.update)) {
    places.push_back(pg::number(each.place));
    paths.push_back(to_bytes(each.steps));
  }
  work.exec_params(
      "INSERT INTO shoal_file(owner, root, length, name, words, seal, place, path) "
      "SELECT $1, root, length, name, array_to_tsvector(string_to_array(words,' ')), $2, place, "
      "path "
      "FROM unnest($3::bytea[], $4::bigint[], $5::text[], $6::text[], $7::int[], $8::bytea[]) "
      "WITH ORDINALITY AS f(root, length, name, words, place, path, at) ORDER BY at",
      owner, seal, pg::array(contents.roots), pg::array(contents.lengths), pg::text_array(names),
      pg::text_array(words), pg::array(places), pg::array(paths));
}

void hide(PostgresWork& work, const Owner& owner) {
  if (owner.number == 0) return;
  work.exec_params("UPDATE shoal_indexed SET id=NULL WHERE number=$1", owner.number);
}

std::int64_t add_owner(PostgresWork& work, const PeerId& id) {
  return work
      .exec_params(
          "INSERT INTO shoal_indexed(id, sequence, entries) VALUES($1,0,0) RETURNING number",
          pg::bytes(id))[0][0]
      .as<std::int64_t>();
}

// All words, the last as a prefix. Words are letters and digits, so they need no escapes.
std::string tsquery_of(const std::string& terms) {
  auto words = words_of(terms);
  if (words.size() > limits::kSearchWordsMax) words.resize(limits::kSearchWordsMax);
  std::string query;
  for (const std::string& word : words) query += (query.empty() ? "'" : " & '") + word + "'";
  return query.empty() ? query : query + ":*";
}

std::string query_for(PostgresWork& work, const IndexStore::Wanted& wanted,
                      const std::string& tsquery) {
  std::string sql =
      "SELECT f.number, o.id, f.root, f.length, f.name, s.bytes, s.signature, f.place, f.path "
      "FROM shoal_file f JOIN shoal_indexed o ON o.number=f.owner "
      "JOIN shoal_seal s ON s.number=f.seal WHERE o.id IS NOT NULL AND f.number>" +
      std::to_string(wanted.after);
  if (!tsquery.empty()) sql += " AND f.words @@ " + work.quote(tsquery) + "::tsquery";
  if (wanted.name) sql += " AND f.name=" + work.quote(*wanted.name);
  if (wanted.content) {
    sql += " AND f.root=" + work.quote(pg::bytes(wanted.content->root)) +
           " AND f.length=" + std::to_string(pg::number(wanted.content->length));
  }
  if (wanted.owner) sql += " AND o.id=" + work.quote(pg::bytes(*wanted.owner));
  if (wanted.except) sql += " AND o.id<>" + work.quote(pg::bytes(*wanted.except));
  return sql + " ORDER BY f.number LIMIT " + std::to_string(wanted.limit);
}

std::optional<IndexStore::Row> row_of(const pqxx::row& row) {
  const auto owner = pg::id_of<PeerId>(row[1]);
  const auto root = pg::id_of<Hash256>(row[2]);
  auto steps = steps_from_bytes(pg::bytes_of(row[8]));
  if (!owner || !root || !steps) return std::nullopt;
  return IndexStore::Row{row[0].as<std::int64_t>(),
                         *owner,
                         {{*root, pg::number_of(row[3])}, row[4].as<std::string>()},
                         pg::bytes_of(row[5]),
                         pg::bytes_of(row[6]),
                         {static_cast<std::uint32_t>(row[7].as<int>()), std::move(*steps)}};
}

}  // namespace

Result<IndexHead> PostgresIndex::change(const PeerId& owner, const SealedUpdate& sealed,
                                        const Rule& rule) {
  IndexHead after;
  const IndexUpdate& update = sealed.update;
  Contents added;
  Contents removed;
  for (const auto& each : update.add) added.add(each.content);
  for (const auto& each : update.remove) removed.add(each);
  auto done = db_->transact([&](PostgresWork& work) -> Result<void> {
    work.exec_params("SELECT pg_advisory_xact_lock($1, hashtext(encode($2,'hex')))",
                     static_cast<int>(PostgresDatabase::Lock::kIndex), pg::bytes(owner));
    Owner known = owner_of(work, owner);
    IndexState state;
    state.head = known.head;
    state.all = entries_of_all(work);
    const bool replaces = update.kind == IndexUpdate::Kind::kReplace;
    if (!replaces) {
      state.added_known = count_held(work, known.number, added);
      state.removed_known = count_held(work, known.number, removed);
    }
    const auto head = rule(state);
    if (!head) return tl::unexpected(head.error());
    after = *head;
    if (replaces) {
      hide(work, known);
      known.number = 0;
    } else {
      remove(work, known.number, removed);
      remove(work, known.number, added);
    }
    if (known.number == 0) known.number = add_owner(work, owner);
    add_files(work, known.number, sealed);
    work.exec_params("UPDATE shoal_indexed SET sequence=$1, entries=$2 WHERE number=$3",
                     pg::number(after.sequence), pg::number(after.entries), known.number);
    grow(work, pg::number(after.entries) - pg::number(state.head.entries));
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return after;
}

Result<IndexHead> PostgresIndex::head(const PeerId& owner) {
  IndexHead head;
  auto done = db_->transact([&](PostgresWork& work) -> Result<void> {
    const auto rows = work.exec_params("SELECT sequence, entries FROM shoal_indexed WHERE id=$1",
                                       pg::bytes(owner));
    head = rows.empty() ? IndexHead{}
                        : IndexHead{pg::number_of(rows[0][0]), pg::number_of(rows[0][1])};
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return head;
}

Result<void> PostgresIndex::end(std::span<const PeerId> owners) {
  if (owners.empty()) return {};
  // In one order, so that two processes that end the same peers never wait for each other.
  std::vector<PeerId> ids(owners.begin(), owners.end());
  std::ranges::sort(ids);
  return db_->transact([&](PostgresWork& work) -> Result<void> {
    std::int64_t entries = 0;
    for (const PeerId& id : ids) {
      const auto gone = work.exec_params(
          "UPDATE shoal_indexed SET id=NULL WHERE id=$1 RETURNING entries", pg::bytes(id));
      if (!gone.empty()) entries += gone[0][0].as<std::int64_t>();
    }
    if (entries != 0) grow(work, -entries);
    return {};
  });
}

Result<bool> PostgresIndex::purge(std::size_t most) {
  bool more = false;
  auto done = db_->transact([&](PostgresWork& work) -> Result<void> {
    const auto any = [&] {
      return !work.exec("SELECT 1 FROM shoal_indexed WHERE id IS NULL LIMIT 1").empty();
    };
    if (!any()) {
      more = false;
      return {};
    }
    work.exec_params(
        "DELETE FROM shoal_file WHERE number IN (SELECT f.number FROM shoal_indexed o "
        "JOIN shoal_file f ON f.owner=o.number WHERE o.id IS NULL LIMIT $1)",
        pg::number(most));
    work.exec(
        "WITH gone AS (DELETE FROM shoal_indexed o WHERE o.id IS NULL AND NOT EXISTS "
        "(SELECT 1 FROM shoal_file f WHERE f.owner=o.number) RETURNING o.number) "
        "DELETE FROM shoal_seal WHERE owner IN (SELECT number FROM gone)");
    more = any();
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return more;
}

Result<std::vector<PeerId>> PostgresIndex::owners() {
  std::vector<PeerId> owners;
  auto done = db_->transact([&](PostgresWork& work) -> Result<void> {
    owners.clear();
    for (const auto& row :
         work.exec("SELECT id FROM shoal_indexed WHERE id IS NOT NULL ORDER BY id")) {
      if (const auto id = pg::id_of<PeerId>(row[0])) owners.push_back(*id);
    }
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return owners;
}

Result<std::uint64_t> PostgresIndex::size() {
  std::uint64_t size = 0;
  auto done = db_->transact([&](PostgresWork& work) -> Result<void> {
    size = entries_of_all(work);
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return size;
}

Result<std::vector<IndexStore::Row>> PostgresIndex::find(const Wanted& wanted) {
  std::vector<Row> rows;
  const std::string tsquery = wanted.words ? tsquery_of(*wanted.words) : std::string();
  if (wanted.words && tsquery.empty()) return rows;
  // What UTF-8 does not have, no name has, and PostgreSQL would refuse it.
  if (wanted.name && !is_index_name(*wanted.name)) return rows;
  auto done = db_->transact([&](PostgresWork& work) -> Result<void> {
    rows.clear();
    for (const auto& row : work.exec(query_for(work, wanted, tsquery))) {
      if (auto read = row_of(row)) rows.push_back(std::move(*read));
    }
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return rows;
}

}  // namespace shoal::bootstrap
