// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/put_record.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace shoal::daemon
