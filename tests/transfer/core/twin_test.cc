// SPDX-License-Identifier: Apache-2.0
// When a download says that its one source is worth a second connection.
#include <gtest/gtest.h>

#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "transfer/core/download.h"

namespace shoal::transfer {
namespace {

constexpr std::uint64_t kMiB = 1U << 20U;
constexpr SourceRef kOne{0};
constexpr SourceRef kOther{1};

/// A download of pieces whose hashes are all zeros, and its disk.
class Twin : public testing::Test {
 protected:
  void start(std::uint64_t pieces) {
    const std::uint64_t length = pieces * kMiB;
    const Layout layout(length);
    const std::vector<Hash256> layer(layout.pieces);
    core.emplace(ContentId{root_of_layer(layer, layout), length});
    core->restore(layer, PieceMap(layout.pieces), PieceMap(layout.pieces));
    core->start(now, effects);
    core->on_source(kOne, std::nullopt, effects);
  }
  /// Answers the next so many bytes at that rate, rightly.
  void give(std::uint64_t bytes, std::uint64_t rate) {
    while (bytes > 0) {
      Effects todo = std::exchange(effects, {});
      for (const Effect& effect : todo) happen(effect);
      if (!effects.empty()) continue;
      ASSERT_FALSE(asked.empty());
      const AskRange one = asked.front();
      asked.erase(asked.begin());
      now += Pace::time_for(one.length, rate);
      core->on_chunk(one.source, one.offset, one.length, now, effects);
      bytes -= std::min<std::uint64_t>(bytes, one.length);
    }
  }
  void happen(const Effect& effect) {
    if (const auto* ask = std::get_if<AskRange>(&effect)) asked.push_back(*ask);
    if (const auto* hash = std::get_if<Hash>(&effect)) core->on_hashed(hash->piece, {}, effects);
    if (const auto* write = std::get_if<Write>(&effect)) {
      core->on_written(write->piece, std::nullopt, now, effects);
    }
    if (std::holds_alternative<Sync>(effect)) core->on_synced(true, now, effects);
    if (const auto* record = std::get_if<Record>(&effect)) {
      core->on_recorded(record->pieces, effects);
    }
  }
  bool worth() const { return core->worth_twin(kOne, limits::kTwinRate); }

  static constexpr std::uint64_t kFast = 2 * limits::kTwinRate;
  std::optional<Download> core;
  Effects effects;
  std::vector<AskRange> asked;
  Instant now{};
};

TEST_F(Twin, IsWorthItOfAFastSourceThatWasRightAndHasMuchMore) {
  start(256);
  EXPECT_FALSE(worth());
  give(limits::kTwinAfter / 2, kFast);
  EXPECT_FALSE(worth()) << "nobody knows yet how fast it is";
  give(limits::kTwinAfter, kFast);
  EXPECT_TRUE(worth());
  EXPECT_FALSE(core->worth_twin(kOther, 0)) << "it is not up";
}

TEST_F(Twin, IsNotWorthItOfASlowSource) {
  start(256);
  give(4 * limits::kTwinAfter, limits::kTwinRate / 2);
  EXPECT_FALSE(worth());
  EXPECT_TRUE(core->worth_twin(kOne, limits::kTwinRate / 4));
}

TEST_F(Twin, IsNotWorthItForTheEnd) {
  start(256);
  give(256 * kMiB - limits::kTwinBytes + kMiB, kFast);
  EXPECT_FALSE(worth());
}

TEST_F(Twin, IsNotWorthItBesideAnotherSource) {
  start(256);
  give(2 * limits::kTwinAfter, kFast);
  core->on_source(kOther, std::nullopt, effects);
  EXPECT_FALSE(worth());
  core->on_source_gone(kOther, effects);
  EXPECT_TRUE(worth());
}

TEST_F(Twin, IsNotWorthItForADownloadThatStops) {
  start(256);
  give(2 * limits::kTwinAfter, kFast);
  core->stop(effects);
  EXPECT_FALSE(worth());
}

}  // namespace
}  // namespace shoal::transfer
