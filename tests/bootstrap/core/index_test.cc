// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/core/index.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <optional>

#include "tests/bootstrap/core/index_support.h"

namespace shoal::bootstrap {
namespace {

std::optional<Errc> code_of(const IndexUpdate& update, const IndexLimits& limits = {}) {
  const auto checked = check_update(update, limits);
  if (checked) return std::nullopt;
  return checked.error().code;
}

TEST(Index, TakesNamesThatAFileCanHave) {
  for (const char* const name : {"a", "handbook.pdf", "El Ni\xc3\xb1o - 01.mp3", ".hidden", " "}) {
    EXPECT_TRUE(is_index_name(name)) << name;
  }
  for (const std::string& name : {std::string(), std::string(256, 'a'), std::string("a/b"),
                                  std::string("a\nb"), std::string("a\0b", 3), std::string("\xff"),
                                  std::string("a\xe2\x80\xae"
                                              "fdp.exe")}) {
    EXPECT_FALSE(is_index_name(name)) << name;
  }
  EXPECT_TRUE(is_index_name(std::string(255, 'a')));
}

TEST(Index, RefusesUpdatesThatNobodyWouldTake) {
  EXPECT_EQ(code_of(replacement(1, {})), std::nullopt);
  EXPECT_EQ(code_of(replacement(0, {})), Errc::kInvalidArgument);
  EXPECT_EQ(code_of(replacement(std::uint64_t{1} << 53, {})), Errc::kInvalidArgument);
  EXPECT_EQ(code_of(replacement(1, {entry(1, "a"), entry(1, "b")})), Errc::kInvalidArgument);
  EXPECT_EQ(code_of(change(1, {entry(1, "a")}, {content(1)})), Errc::kInvalidArgument);
  EXPECT_EQ(code_of(change(1, {}, {content(1), content(1)})), Errc::kInvalidArgument);
  EXPECT_EQ(code_of(replacement(1, {entry(1, "a/b")})), Errc::kInvalidArgument);
  IndexEntry endless = entry(1, "a");
  endless.content.length = UINT64_MAX;
  EXPECT_EQ(code_of(replacement(1, {endless})), Errc::kInvalidArgument);
  IndexUpdate both = change(1, {}, {content(1)});
  both.kind = IndexUpdate::Kind::kReplace;
  EXPECT_EQ(code_of(both), Errc::kInvalidArgument);
  IndexLimits few;
  few.update = 2;
  EXPECT_EQ(code_of(change(1, {entry(1, "a")}, {content(2)}), few), std::nullopt);
  EXPECT_EQ(code_of(change(1, {entry(1, "a"), entry(3, "a")}, {content(2)}), few), Errc::kTooLarge);
}

TEST(Index, TakesNoReplacementFromBeforeTheLease) {
  const IndexUpdate update = replacement(100, {entry(1, "a")});
  EXPECT_TRUE(judge(update, {}, 99));
  EXPECT_EQ(judge(update, {}, 100).error().code, Errc::kConflict);
  EXPECT_EQ(judge(update, {.head = {100, 0}}, 50).error().code, Errc::kConflict);
}

TEST(Index, TakesOnlyTheChangeThatFollows) {
  const IndexState state{.head = {7, 3}, .added_known = 0, .removed_known = 1, .all = 10};
  EXPECT_EQ(judge(change(8, {entry(1, "a")}, {content(2)}), state, 500), (IndexHead{8, 3}));
  for (const std::uint64_t sequence : {6U, 7U, 9U}) {
    EXPECT_EQ(judge(change(sequence, {}), state, 0).error().code, Errc::kConflict) << sequence;
  }
  EXPECT_EQ(judge(change(1, {}), {}, 0).error().code, Errc::kConflict) << "there is nothing yet";
}

// The dumb oracle keeps what every peer has, as a list, and counts anew each time.
RC_GTEST_PROP(Index, AgreesWithAModelThatCountsEverythingAnew, ()) {
  constexpr unsigned kPeers = 3;
  IndexLimits limits;
  limits.per_peer = *rc::gen::inRange<std::uint64_t>(1, 6).as("per peer");
  limits.all = *rc::gen::inRange<std::uint64_t>(2, 12).as("all");
  std::map<unsigned, IndexList> lists;
  std::map<unsigned, std::uint64_t> last;
  int taken = 0;
  const int steps = *rc::gen::inRange(0, 25).as("steps");
  for (int step = 0; step < steps; ++step) {
    const auto who = *rc::gen::inRange(0U, kPeers).as("who");
    const auto stamp =
        *rc::gen::weightedElement<std::uint64_t>({{6, 0}, {1, 3}, {1, 9}}).as("stamp");
    const auto offset = *rc::gen::weightedElement<int>({{6, 1}, {1, 0}, {1, 2}}).as("offset");
    IndexUpdate update = draw_update(7, last[who] + static_cast<std::uint64_t>(offset));
    const IndexList before = lists[who];
    IndexState state{.head = {last[who], before.size()}};
    for (const auto& each : update.add) state.added_known += before.count(each.content);
    for (const auto& each : update.remove) state.removed_known += before.count(each);
    for (const auto& [peer, list] : lists) state.all += list.size();
    const auto head = judge(update, state, stamp, limits);

    IndexList after = before;
    carry_out(update, after);
    const bool replaces = update.kind == IndexUpdate::Kind::kReplace;
    const bool in_order =
        replaces ? offset > 0 && update.sequence > stamp : last[who] > 0 && offset == 1;
    const bool grows = after.size() > before.size();
    const bool fits = after.size() <= limits.per_peer &&
                      (!grows || state.all - before.size() + after.size() <= limits.all);
    RC_ASSERT(head.has_value() == (in_order && fits));
    if (!head) continue;
    RC_ASSERT(head->sequence == update.sequence);
    RC_ASSERT(head->entries == after.size());
    lists[who] = after;
    last[who] = update.sequence;
    ++taken;
  }
  RC_CLASSIFY(taken > 3, "more than three taken");
}

}  // namespace
}  // namespace shoal::bootstrap
