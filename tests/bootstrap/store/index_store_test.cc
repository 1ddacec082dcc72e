// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/store/index_store.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "proto/text/words.h"
#include "tests/bootstrap/core/index_support.h"
#include "tests/bootstrap/core/support.h"
#include "tests/bootstrap/store/store_kinds.h"

namespace shoal::bootstrap {
namespace {

using Wanted = IndexStore::Wanted;
using Found = std::vector<std::tuple<PeerId, ContentId, std::string>>;

SealedUpdate sealed(IndexUpdate update, const std::string& signature = "signed") {
  const std::string seal = to_bytes(seal_of(update));
  return {std::move(update), seal, signature};
}

// The rules, with the usual bounds.
Result<IndexHead> put(IndexStore& store, unsigned who, const SealedUpdate& update) {
  return store.change(peer(who), update,
                      [&](const IndexState& state) { return judge(update.update, state, 0); });
}

// All pages, of `page` files each.
std::vector<IndexStore::Row> rows_of(IndexStore& store, Wanted wanted, std::size_t page = 100) {
  std::vector<IndexStore::Row> all;
  wanted.limit = page;
  while (true) {
    const auto rows = store.find(wanted);
    EXPECT_TRUE(rows) << rows.error().why;
    if (!rows || rows->empty()) return all;
    EXPECT_LE(rows->size(), page);
    for (const auto& row : *rows) {
      EXPECT_GT(row.number, wanted.after);
      wanted.after = row.number;
      all.push_back(row);
    }
  }
}

Found found(IndexStore& store, const Wanted& wanted, std::size_t page = 100) {
  Found all;
  for (const auto& row : rows_of(store, wanted, page)) {
    all.emplace_back(row.owner, row.entry.content, row.entry.name);
  }
  std::ranges::sort(all);
  return all;
}

class AnyIndexStore : public AnyStore {
 protected:
  IndexStore& index() { return store().index(); }
};

INSTANTIATE_TEST_SUITE_P(Stores, AnyIndexStore, testing::Values("Sqlite", "Postgres"), kind_name);

TEST_P(AnyIndexStore, KeepsFilesWithWhatProvesThemOverARestart) {
  const auto update =
      sealed(replacement(7, {entry(1, "debian handbook.pdf"), entry(2, "Caf\xc3\xa9.txt")}), "sig");
  EXPECT_EQ(put(index(), 1, update), (IndexHead{7, 2}));
  reopen();
  EXPECT_EQ(index().head(peer(1)), (IndexHead{7, 2}));
  EXPECT_EQ(index().head(peer(2)), IndexHead{});
  EXPECT_EQ(index().size(), 2U);
  EXPECT_EQ(index().owners(), (std::vector<PeerId>{peer(1)}));
  const auto rows = rows_of(index(), {.name = "Caf\xc3\xa9.txt"});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].owner, peer(1));
  EXPECT_EQ(rows[0].entry, update.update.add[1]);
  EXPECT_EQ(rows[0].seal, update.seal);
  EXPECT_EQ(rows[0].signature, "sig");
  EXPECT_TRUE(is_under(*seal_from_bytes(rows[0].seal), rows[0].entry, rows[0].path));
}

TEST_P(AnyIndexStore, FindsByWordsThatAreNoOperators) {
  ASSERT_TRUE(put(index(), 1,
                  sealed(replacement(1, {entry(1, "El Ni\xc3\xb1o (live) NEAR-me.mp3"),
                                         entry(2, "nothing else.txt")}))));
  const auto count = [&](const char* words) { return rows_of(index(), {.words = words}).size(); };
  EXPECT_EQ(count("nino live"), 1U);
  EXPECT_EQ(count("LIVE NIN"), 1U) << "the last may be half typed";
  EXPECT_EQ(count("nin live"), 0U) << "no other may";
  EXPECT_EQ(count("near"), 1U);
  EXPECT_EQ(count("live OR else"), 0U);
  EXPECT_EQ(count("\"live\" * ( NEAR"), 1U);
  EXPECT_EQ(count("l"), 1U);
  EXPECT_EQ(count(""), 0U);
  EXPECT_EQ(count("- * \""), 0U);
  EXPECT_EQ(count("'; DROP TABLE indexed; --"), 0U);
  EXPECT_EQ(rows_of(index(), {}).size(), 2U);
}

// Whatever a database could take for more than a letter.
TEST_P(AnyIndexStore, KeepsNamesAsTheyAre) {
  const std::vector<std::string> names = {
      R"(a"b\c.txt)", "it's {1,2}.txt", "NULL", R"(\x41)", ",", "Caf\xc3\xa9 \xf0\x9f\x90\x9f.txt"};
  std::vector<IndexEntry> files;
  for (unsigned i = 0; i < names.size(); ++i) files.push_back(entry(i, names[i]));
  EXPECT_TRUE(put(index(), 1, sealed(replacement(1, files))));
  for (unsigned i = 0; i < names.size(); ++i) {
    EXPECT_EQ(found(index(), {.name = names[i]}), (Found{{peer(1), content(i), names[i]}}));
  }
}

TEST_P(AnyIndexStore, ChangesNothingThatTheRuleRefuses) {
  ASSERT_TRUE(put(index(), 1, sealed(replacement(1, {entry(1, "a")}))));
  const auto refused = index().change(peer(1), sealed(replacement(2, {})), [](const IndexState& s) {
    EXPECT_EQ(s.head, (IndexHead{1, 1}));
    return Result<IndexHead>(fail(Errc::kDenied, "no"));
  });
  EXPECT_EQ(refused.error().code, Errc::kDenied);
  EXPECT_EQ(rows_of(index(), {.name = "a"}).size(), 1U);
  EXPECT_EQ(index().head(peer(1)), (IndexHead{1, 1}));
}

TEST_P(AnyIndexStore, DeletesInStepsWhatNobodyFindsAnyMore) {
  for (const unsigned who : {1U, 2U, 3U}) {
    IndexUpdate update = replacement(1, {});
    for (unsigned at = 0; at < 10; ++at) update.add.push_back(entry(at, "f" + std::to_string(at)));
    ASSERT_TRUE(put(index(), who, sealed(update)));
  }
  EXPECT_EQ(index().purge(4), false);
  const std::vector<PeerId> gone{peer(1), peer(2), peer(9)};
  ASSERT_TRUE(index().end(gone));
  EXPECT_EQ(index().size(), 10U);
  EXPECT_EQ(index().owners(), (std::vector<PeerId>{peer(3)}));
  EXPECT_EQ(rows_of(index(), {}).size(), 10U);
  EXPECT_EQ(rows_of(index(), {.words = "f1"}).size(), 1U);
  int steps = 1;
  while (index().purge(4).value_or(false)) ++steps;
  EXPECT_GE(steps, 5);
  EXPECT_LE(steps, 7);
  EXPECT_EQ(rows_of(index(), {}).size(), 10U);
  ASSERT_TRUE(put(index(), 1, sealed(replacement(1, {entry(1, "back")}))));
  EXPECT_EQ(rows_of(index(), {.words = "back"}).size(), 1U);
}

// What a search means, looked up in plain lists.
class Model {
 public:
  std::map<PeerId, IndexList> lists;
  std::map<PeerId, std::uint64_t> sequences;

  [[nodiscard]] Found find(const Wanted& wanted) const {
    Found out;
    for (const auto& [owner, list] : lists) {
      if (wanted.owner && *wanted.owner != owner) continue;
      if (wanted.except && *wanted.except == owner) continue;
      for (const auto& [id, name] : list) {
        if (wanted.content && *wanted.content != id) continue;
        if (wanted.name && *wanted.name != name) continue;
        if (wanted.words && !matches(words_of(*wanted.words), words_of(name))) continue;
        out.emplace_back(owner, id, name);
      }
    }
    std::ranges::sort(out);
    return out;
  }

 private:
  static bool matches(std::vector<std::string> asked, const std::vector<std::string>& words) {
    if (asked.empty()) return false;
    const std::string last = asked.back();
    asked.pop_back();
    return std::ranges::all_of(
               asked, [&](const auto& a) { return std::ranges::find(words, a) != words.end(); }) &&
           std::ranges::any_of(words, [&](const auto& word) { return word.starts_with(last); });
  }
};

Wanted draw_wanted() {
  Wanted wanted;
  const auto some = [](const char* as) { return *rc::gen::inRange(0, 4).as(as) == 0; };
  const auto word = [] {
    return rc::gen::element<std::string>("name", "NAM", "0", "1", "\xc3\xa9", "-", "x");
  };
  if (some("by words")) wanted.words = *word().as("first") + " " + *word().as("last");
  if (some("by name")) {
    wanted.name = *rc::gen::element<std::string>("name 0", "name 1", "Name 0", "").as("name");
  }
  if (some("by content")) wanted.content = content(*rc::gen::inRange(0U, 8U).as("content"));
  if (some("of owner")) wanted.owner = peer(*rc::gen::inRange(0U, 4U).as("owner"));
  if (some("but")) wanted.except = peer(*rc::gen::inRange(0U, 4U).as("except"));
  return wanted;
}

TEST_P(AnyIndexStore, AgreesWithPlainListsThatAreLookedThrough) {
  const bool agrees = rc::check("agrees", [&] {
    // What another case left, or broke, is none of this one's.
    RC_ASSERT(index().end(*index().owners()).has_value());
    while (index().purge(1000).value_or(false)) {
    }
    Model model;
    const int steps = *rc::gen::inRange(1, 12).as("steps");
    for (int step = 0; step < steps; ++step) {
      const PeerId who = peer(*rc::gen::inRange(0U, 3U).as("who"));
      const auto action = *rc::gen::weightedElement<int>({{6, 0}, {1, 1}, {1, 2}}).as("action");
      if (action == 1) {
        RC_ASSERT(index().end(std::vector<PeerId>{who}).has_value());
        model.lists.erase(who);
        model.sequences.erase(who);
        continue;
      }
      if (action == 2) {
        RC_ASSERT(index().purge(*rc::gen::inRange<std::size_t>(1, 6).as("most")).has_value());
        continue;
      }
      const auto update = sealed(draw_update(8, model.sequences[who] + 1));
      std::optional<IndexState> seen;
      const auto head = index().change(who, update, [&](const IndexState& state) {
        seen = state;
        return judge(update.update, state, 0);
      });
      IndexList& list = model.lists[who];
      const bool follows =
          update.update.kind == IndexUpdate::Kind::kReplace || model.sequences[who] > 0;
      RC_ASSERT(seen && seen->head == (IndexHead{model.sequences[who], list.size()}));
      RC_ASSERT(head.has_value() == follows);
      if (!head) continue;
      carry_out(update.update, list);
      model.sequences[who] = update.update.sequence;
      RC_ASSERT(head->entries == list.size());
    }
    std::uint64_t all = 0;
    for (const auto& [owner, list] : model.lists) all += list.size();
    RC_ASSERT(index().size() == all);
    const Wanted wanted = draw_wanted();
    const auto page = *rc::gen::inRange<std::size_t>(1, 5).as("page");
    RC_ASSERT(found(index(), wanted, page) == model.find(wanted));
    for (const auto& row : rows_of(index(), wanted)) {
      const auto seal = seal_from_bytes(row.seal);
      RC_ASSERT(seal && is_under(*seal, row.entry, row.path));
    }
  });
  EXPECT_TRUE(agrees);
}

}  // namespace
}  // namespace shoal::bootstrap
