// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/core/index_tree.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/types/text.h"
#include "tests/bootstrap/core/index_support.h"

namespace shoal::bootstrap {
namespace {

IndexUpdate of_files(unsigned count) {
  IndexUpdate update = replacement(5, {});
  for (unsigned at = 0; at < count; ++at) update.add.push_back(entry(at, std::to_string(at)));
  return update;
}

// Worked out with Python's hashlib from what index_tree.h says.
TEST(IndexTree, IsTheOneThatItsHeaderDescribes) {
  IndexUpdate update;
  update.add.push_back({ContentId{}, "a"});
  update.add.push_back({ContentId{{}, 1}, "b"});
  update.add.push_back({ContentId{{}, 2}, "c"});
  EXPECT_EQ(to_hex(seal_of(update).root.bytes),
            "ede0e1a3ca50cbf6d2579d886ae63b87ecd2f502a1963261e0bac4fa9a9bf0c0");
}

TEST(IndexTree, SealsAreReadAsTheyWereWritten) {
  IndexUpdate update = change(77, {entry(1, "a")}, {content(2)});
  update.issued_unix = 1'800'000'000;
  const IndexSeal seal = seal_of(update);
  EXPECT_EQ(seal_from_bytes(to_bytes(seal)), seal);
  EXPECT_EQ(to_bytes(seal).size(), 86U);
  EXPECT_FALSE(seal_from_bytes(to_bytes(seal).substr(1)));
  EXPECT_FALSE(seal_from_bytes(to_bytes(seal) + "x"));
  std::string bent = to_bytes(seal);
  bent[1] = 3;
  EXPECT_FALSE(seal_from_bytes(bent));
  EXPECT_FALSE(seal_from_bytes(""));
}

TEST(IndexTree, CoversAllThatAnUpdateSays) {
  const IndexUpdate update = change(77, {entry(1, "a"), entry(3, "c")}, {content(2)});
  const auto differs = [&](auto bend) {
    IndexUpdate other = update;
    bend(other);
    return to_bytes(seal_of(other)) != to_bytes(seal_of(update));
  };
  EXPECT_TRUE(differs([](IndexUpdate& u) { u.kind = IndexUpdate::Kind::kReplace; }));
  EXPECT_TRUE(differs([](IndexUpdate& u) { ++u.sequence; }));
  EXPECT_TRUE(differs([](IndexUpdate& u) { ++u.issued_unix; }));
  EXPECT_TRUE(differs([](IndexUpdate& u) { u.add.pop_back(); }));
  EXPECT_TRUE(differs([](IndexUpdate& u) { u.add[0].name = "b"; }));
  EXPECT_TRUE(differs([](IndexUpdate& u) { ++u.add[1].content.length; }));
  EXPECT_TRUE(differs([](IndexUpdate& u) { u.remove.clear(); }));
  EXPECT_TRUE(differs([](IndexUpdate& u) { u.remove[0] = content(9); }));
}

TEST(IndexTree, TakesNoStepsThatAreNoHashes) {
  EXPECT_EQ(steps_from_bytes("")->size(), 0U);
  EXPECT_EQ(steps_from_bytes(std::string(64, 'a'))->size(), 2U);
  EXPECT_FALSE(steps_from_bytes(std::string(65, 'a')));
  EXPECT_FALSE(steps_from_bytes(std::string(std::size_t{32} * 33, 'a')));
}

RC_GTEST_PROP(IndexTree, ProvesEachFileAloneAndNoOther, ()) {
  const auto count = *rc::gen::inRange(1U, 40U).as("files");
  const IndexUpdate update = of_files(count);
  const IndexSeal seal = seal_of(update);
  const auto paths = paths_of(update);
  RC_ASSERT(paths.size() == count);
  const auto at = *rc::gen::inRange(0U, count).as("at");
  const auto other = *rc::gen::inRange(0U, count).as("other");
  RC_ASSERT(is_under(seal, update.add[at], paths[at]));
  RC_ASSERT(is_under(seal, update.add[at], paths[other]) == (at == other));
  IndexEntry bent = update.add[at];
  bent.name += "x";
  RC_ASSERT(!is_under(seal, bent, paths[at]));
  bent = update.add[at];
  ++bent.content.length;
  RC_ASSERT(!is_under(seal, bent, paths[at]));

  IndexPath path = paths[at];
  const auto steps = steps_from_bytes(to_bytes(path.steps));
  RC_ASSERT(steps == path.steps);
  path.place = count + *rc::gen::inRange(0U, 64U).as("beyond");
  RC_ASSERT(!is_under(seal, update.add[at], path));
  path = paths[at];
  path.steps.emplace_back();
  RC_ASSERT(!is_under(seal, update.add[at], path));
  if (!paths[at].steps.empty()) {
    path = paths[at];
    const auto step = *rc::gen::inRange<std::size_t>(0, path.steps.size()).as("step");
    path.steps[step].bytes[*rc::gen::inRange<std::size_t>(0, 32).as("byte")] ^= 1;
    RC_ASSERT(!is_under(seal, update.add[at], path));
    path = paths[at];
    path.steps.pop_back();
    RC_ASSERT(!is_under(seal, update.add[at], path));
  }
}

// A node of the tree passes for no file, whatever its bytes.
TEST(IndexTree, ANodeIsNoLeaf) {
  const IndexUpdate update = of_files(4);
  const auto paths = paths_of(update);
  IndexSeal seal = seal_of(update);
  seal.files = 2;  // a forger's: one level less
  for (const auto& path : paths) {
    for (unsigned at = 0; at < 4; ++at) {
      EXPECT_FALSE(is_under(seal, update.add[at], {path.place % 2, {path.steps[1]}}));
    }
  }
}

}  // namespace
}  // namespace shoal::bootstrap
