// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/state/put_record.h"

#include <gtest/gtest.h>

#include "proto/types/limits.h"

namespace shoal::daemon {
namespace {

using transfer::PutRequest;

PutRequest some_put(std::uint8_t number) {
  PutRequest put;
  put.peer.bytes[0] = number;
  put.path = "/home/ana/no text \xff\n" + std::to_string(number);
  put.name = "\xfe name";
  put.stamp = {number * std::uint64_t{1} << 40U, -5};
  return put;
}

TEST(PutRecord, KeepsPathsByteForByte) {
  const std::vector<PutRequest> puts{some_put(1), some_put(2)};
  EXPECT_EQ(puts_from_record(to_record(puts)), puts);
  EXPECT_EQ(to_record({}), "");
}

TEST(PutRecord, LeavesOutWhatCannotBeRead) {
  const std::vector<PutRequest> puts{some_put(1), some_put(2)};
  const std::string text = to_record(puts);
  std::string spoiled = text;
  spoiled.replace(spoiled.find("\"path\":\"2f"), 10, "\"path\":\"2e");  // no longer absolute
  ASSERT_EQ(puts_from_record(spoiled), std::vector<PutRequest>{some_put(2)});
  spoiled = text;
  spoiled.replace(spoiled.find("mtime_ns"), 8, "mtime_xx");
  EXPECT_EQ(puts_from_record(spoiled), std::vector<PutRequest>{some_put(2)});
  for (const auto* const nothing : {"", "[", "{}", "7", "[7, {}, []]"}) {
    EXPECT_TRUE(puts_from_record(nothing).empty()) << nothing;
  }
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_TRUE(puts_from_record(text.substr(0, length)).empty());
  }
}

TEST(PutRecord, TakesNoMoreThanRunAtOnce) {
  std::vector<PutRequest> puts;
  for (std::uint8_t at = 0; at < limits::kPutsMax + 3; ++at) puts.push_back(some_put(at));
  EXPECT_EQ(puts_from_record(to_record(puts)).size(), limits::kPutsMax);
}

transfer::PutStatus ended_put() {
  transfer::PutStatus put;
  put.id = 7;
  put.peer.bytes[3] = 9;
  put.path = "/home/ana/no text \xff\n";
  put.name = "\xfe name";
  put.content.length = 1234;
  put.content.root.bytes[1] = 5;
  put.state = transfer::PutState::kDone;
  put.bytes_done = 1234;
  put.bytes_found = 1000;
  put.fate = transfer::Fate::kShared;
  return put;
}

TEST(PutRecord, OfOneThatEndedGivesBackWhatWasKept) {
  const auto put = ended_put();
  const auto back = ended_put_from_record(ended_to_record(put));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->id, put.id);
  EXPECT_EQ(back->peer, put.peer);
  EXPECT_EQ(back->path, put.path);
  EXPECT_EQ(back->name, put.name);
  EXPECT_EQ(back->content, put.content);
  EXPECT_EQ(back->state, put.state);
  EXPECT_EQ(back->bytes_done, put.bytes_done);
  EXPECT_EQ(back->bytes_found, put.bytes_found);
  EXPECT_EQ(back->fate, put.fate);
  EXPECT_FALSE(back->error);
  auto failed = put;
  failed.state = transfer::PutState::kFailed;
  failed.fate.reset();
  failed.error = Error{Errc::kDenied, "cannot put \xff", "no friend", "ask"};
  const auto why = ended_put_from_record(ended_to_record(failed));
  ASSERT_TRUE(why && why->error);
  EXPECT_EQ(why->error->code, Errc::kDenied);
  EXPECT_EQ(why->error->why, "no friend");
  EXPECT_FALSE(why->fate);
}

TEST(PutRecord, OfOneThatEndedIsNoneWhenItCannotBeRead) {
  auto runs = ended_put();
  runs.state = transfer::PutState::kSending;
  EXPECT_FALSE(ended_put_from_record(ended_to_record(runs)));
  auto large = ended_put();
  large.content.length = limits::kFileBytesMax + 1;
  EXPECT_FALSE(ended_put_from_record(ended_to_record(large)));
  const std::string text = ended_to_record(ended_put());
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(ended_put_from_record(text.substr(0, length)));
  }
}

}  // namespace
}  // namespace shoal::daemon
