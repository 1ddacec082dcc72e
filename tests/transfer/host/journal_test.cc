// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/disk/journal.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace shoal::transfer {
namespace {

DownloadRequest a_request() {
  DownloadRequest request;
  request.content.length = 5U << 20;
  request.content.root.bytes[3] = 7;
  request.name = "name";
  request.sources = {{PeerId{}, {"127.0.0.1:1", "[::1]:2"}, "card"}};
  request.key_pem = "key";
  return request;
}

TEST(Journal, GivesBackWhatWasWritten) {
  JournalWriter writer;
  const auto request = a_request();
  const std::vector<Hash256> layer(5);
  std::string bytes;
  for (const auto& record :
       {writer.head(request), writer.manifest(layer), writer.pieces({0, 3}), writer.clean_stop(),
        writer.pieces({1}), writer.sources({}, "other"), writer.number(77), writer.paused(true)}) {
    bytes += record;
  }
  const auto found = read_journal(bytes);
  ASSERT_TRUE(found.request);
  EXPECT_EQ(found.request->content, request.content);
  EXPECT_EQ(found.request->name, "name");
  EXPECT_TRUE(found.request->sources.empty());
  EXPECT_EQ(found.request->key_pem, "other");
  EXPECT_EQ(found.layer, layer);
  EXPECT_TRUE(found.sure.has(0) && found.sure.has(3));
  EXPECT_EQ(found.sure.count(), 2U);
  EXPECT_EQ(found.claimed.count(), 1U);
  EXPECT_EQ(found.request->id, 77U);
  EXPECT_TRUE(found.paused);
  const std::string goes_on = bytes + writer.paused(false);
  EXPECT_FALSE(read_journal(goes_on).paused);
  EXPECT_EQ(found.records, 8U);
  const auto doubted = read_journal(goes_on + writer.doubt());
  EXPECT_EQ(doubted.sure.count(), 0U);
  EXPECT_EQ(doubted.claimed.count(), 3U);
}

TEST(Journal, CutAtEachByteGivesThePrefixOfWholeRecords) {
  JournalWriter writer;
  std::string bytes;
  std::vector<std::size_t> ends{0};
  for (const auto& record :
       {writer.head(a_request()), writer.pieces({2}), writer.clean_stop(), writer.pieces({0, 1})}) {
    bytes += record;
    ends.push_back(bytes.size());
  }
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    const auto found = read_journal(std::string_view(bytes).substr(0, cut));
    std::size_t whole = 0;
    while (whole + 1 < ends.size() && ends[whole + 1] <= cut) ++whole;
    ASSERT_EQ(found.records, whole) << cut;
    ASSERT_EQ(found.good_bytes, ends[whole]) << cut;
    // Any flipped bit ends the reading in its record.
    if (cut == bytes.size()) break;
    std::string flipped = bytes;
    flipped[cut] = static_cast<char>(flipped[cut] ^ 0x10);
    ASSERT_EQ(read_journal(flipped).good_bytes, ends[whole]) << cut;
  }
}

}  // namespace
}  // namespace shoal::transfer
