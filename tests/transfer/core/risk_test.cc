// SPDX-License-Identifier: Apache-2.0
// What a kill can cost: everything that was asked for and that no journal names yet. Sources, disk
// and journal answer in any order and as late as is drawn.
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>
#include <array>
#include <deque>
#include <set>

#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "proto/types/rng.h"
#include "transfer/core/download.h"

namespace shoal::transfer {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

/// A content of that length; its bytes are not needed, only their hashes.
struct Content {
  explicit Content(std::uint64_t length) : layout(length), layer(layout.pieces) {
    for (std::uint32_t piece = 0; piece < layout.pieces; ++piece) {
      layer[piece].bytes[0] = static_cast<std::uint8_t>(piece);
      layer[piece].bytes[1] = static_cast<std::uint8_t>(piece >> 8U);
    }
    id = {root_of_layer(layer, layout), length};
  }
  Layout layout;
  std::vector<Hash256> layer;
  ContentId id;
};

// One of each piece length. Made once.
const Content& content(std::size_t which) {
  static const std::array<Content, 5> all{Content(300 * kMiB), Content(5000 * kMiB + 1),
                                          Content(10'000 * kMiB), Content(20'480 * kMiB),
                                          Content(70'000 * kMiB + 17)};
  return all[which];
}

class Risk {
 public:
  Risk(const Content& what, std::uint64_t seed, std::uint32_t sources, std::uint32_t missing)
      : what_(what), rng_(seed), core_(what.id, seed | 1U), slow_disk_(rng_.below(2) == 0) {
    PieceMap sure(what.layout.pieces);
    for (std::uint32_t piece = missing; piece < what.layout.pieces; ++piece) sure.add(piece);
    core_.restore(what.layer, sure, PieceMap(what.layout.pieces));
    core_.start(now_, fx_);
    for (std::uint32_t i = 0; i < sources; ++i) core_.on_source({i}, std::nullopt, fx_);
    drain();
  }

  bool step() {
    if (core_.phase() >= Download::Phase::kLastCheck) return false;
    now_ += std::chrono::microseconds(rng_.below(20'000));
    if (pending_.empty() && core_.deadline()) now_ = std::max(now_, *core_.deadline());
    if (!pending_.empty()) {
      // A slow disk answers when nobody else has anything to say.
      std::size_t at = rng_.below(pending_.size());
      for (std::size_t tries = 0; slow_disk_ && tries < pending_.size(); ++tries) {
        if (!of_disk(pending_[at])) break;
        at = (at + 1) % pending_.size();
      }
      const auto* ask = std::get_if<AskRange>(&pending_[at]);
      for (std::size_t i = 0; ask != nullptr && i < at; ++i) {  // its first comes first
        const auto* other = std::get_if<AskRange>(&pending_[i]);
        if (other != nullptr && other->source == ask->source) at = i;
      }
      const Effect effect = pending_[at];
      pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(at));
      std::visit([&](const auto& one) { answer(one); }, effect);
      drain();
    }
    core_.on_timer(now_, fx_);
    drain();
    return true;
  }
  /// Bytes of pieces of which something was asked, and which the journal does not name.
  [[nodiscard]] std::uint64_t at_risk() const {
    std::uint64_t bytes = 0;
    for (const auto piece : risked_) bytes += what_.layout.size(piece);
    return bytes;
  }
  [[nodiscard]] const Download& core() const { return core_; }

 private:
  static bool of_disk(const Effect& one) {
    return std::holds_alternative<Sync>(one) || std::holds_alternative<Record>(one);
  }
  void drain() {
    Effects todo;
    std::swap(todo, fx_);
    for (const Effect& effect : todo) {
      if (const auto* ask = std::get_if<AskRange>(&effect)) {
        risked_.insert(what_.layout.piece_of(ask->offset));
      }
      const bool answered = of_disk(effect) || std::holds_alternative<AskRange>(effect) ||
                            std::holds_alternative<Hash>(effect) ||
                            std::holds_alternative<Write>(effect);
      if (answered) pending_.push_back(effect);
    }
  }
  void answer(const AskRange& one) {
    static_cast<void>(core_.on_chunk(one.source, one.offset, one.length, now_, fx_));
  }
  void answer(const Hash& one) { core_.on_hashed(one.piece, what_.layer[one.piece], fx_); }
  void answer(const Write& one) { core_.on_written(one.piece, std::nullopt, now_, fx_); }
  void answer(const Sync&) { core_.on_synced(true, now_, fx_); }
  void answer(const Record& one) {
    for (const auto piece : one.pieces) risked_.erase(piece);
    core_.on_recorded(one.pieces, fx_);
  }
  template <class T>
  void answer(const T&) {}

  const Content& what_;
  Rng rng_;
  Download core_;
  const bool slow_disk_;
  Effects fx_;
  Instant now_{};
  std::deque<Effect> pending_;
  std::set<std::uint32_t> risked_;
};

RC_GTEST_PROP(Download, NeverHasMoreAtRiskThanOneSyncWouldCostAndComesToItsEnd, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  const auto which =
      *rc::gen::weightedElement<std::size_t>({{20, 0}, {1, 1}, {1, 2}, {1, 3}, {1, 4}})
           .as("content");
  const auto sources = *rc::gen::inRange(1U, 13U).as("sources");
  const Content& what = content(which);
  const auto most = static_cast<std::uint32_t>(192 * kMiB / what.layout.piece_length);
  const auto missing = *rc::gen::inRange(1U, most).as("missing pieces");
  Risk risk(what, seed, sources, missing);
  std::uint64_t highest = 0;
  for (int steps = 0; risk.step(); ++steps) {
    RC_ASSERT(steps < 20'000);
    highest = std::max(highest, risk.at_risk());
    RC_ASSERT(risk.at_risk() <= limits::kSyncBytes);
    RC_ASSERT(risk.at_risk() <= risk.core().bytes_at_risk());
  }
  RC_CLASSIFY(highest > limits::kSyncBytes / 2, "more than half of it was used");
}

TEST(Download, WhatWasWrittenDoesNotWaitLongForItsSync) {
  const Content& what = content(0);
  Download core(what.id);
  Effects fx;
  core.restore(what.layer, PieceMap(what.layout.pieces), PieceMap(what.layout.pieces));
  core.start({}, fx);
  fx.clear();
  core.on_source({0}, std::nullopt, fx);
  for (std::size_t i = 0; i < fx.size() && std::ranges::count(fx, Effect{Hash{0}}) == 0; ++i) {
    const auto* const ask = std::get_if<AskRange>(&fx[i]);
    ASSERT_NE(ask, nullptr);
    const AskRange asked = *ask;
    ASSERT_TRUE(core.on_chunk(asked.source, asked.offset, asked.length, {}, fx));
  }
  core.on_hashed(0, what.layer[0], fx);
  core.on_written(0, std::nullopt, Instant{}, fx);
  EXPECT_EQ(std::ranges::count(fx, Effect{Sync{}}), 0);
  core.on_timer(Instant{} + Duration{limits::kSyncBeginTime}, fx);
  EXPECT_EQ(std::ranges::count(fx, Effect{Sync{}}), 1);
}

// A download of 300 pieces of 1 MiB of which sources give what is asked of them at once, at one
// instant, until `pieces` are written; nothing is durable.
class AtOneInstant {
 public:
  explicit AtOneInstant(std::uint32_t sources) : core_(content(0).id) {
    const Content& what = content(0);
    core_.restore(what.layer, PieceMap(what.layout.pieces), PieceMap(what.layout.pieces));
    core_.start({}, fx_);
    for (std::uint32_t i = 0; i < sources; ++i) core_.on_source({i}, std::nullopt, fx_);
  }
  /// `givers`: only the first of the sources answer.
  void write(std::uint32_t pieces, std::uint32_t givers) {
    while (written_ < pieces && at_ < fx_.size()) {
      const Effect effect = fx_[at_++];
      if (const auto* ask = std::get_if<AskRange>(&effect);
          ask && ask->source < SourceRef{givers}) {
        static_cast<void>(core_.on_chunk(ask->source, ask->offset, ask->length, {}, fx_));
      } else if (const auto* hash = std::get_if<Hash>(&effect)) {
        core_.on_hashed(hash->piece, content(0).layer[hash->piece], fx_);
      } else if (const auto* write = std::get_if<Write>(&effect)) {
        ++written_;
        core_.on_written(write->piece, std::nullopt, {}, fx_);
      }
    }
    ASSERT_EQ(written_, pieces);
  }
  [[nodiscard]] std::ptrdiff_t syncs() const { return std::ranges::count(fx_, Effect{Sync{}}); }

 private:
  Download core_;
  Effects fx_;
  std::size_t at_ = 0;
  std::uint32_t written_ = 0;
};

TEST(Download, ASyncBeginsWhenSoManyBytesAreWritten) {
  AtOneInstant download(1);
  download.write(limits::kSyncBeginBytes / kMiB - 1, 1);
  EXPECT_EQ(download.syncs(), 0);
  download.write(limits::kSyncBeginBytes / kMiB, 1);
  EXPECT_EQ(download.syncs(), 1);
}

TEST(Download, ASyncBeginsWithFewerWhenNothingMoreMayBeAsked) {
  AtOneInstant download(limits::kSyncBytes / kMiB);
  download.write(limits::kSyncBeginBytesMin / kMiB - 1, 4);
  EXPECT_EQ(download.syncs(), 0);
  download.write(limits::kSyncBeginBytesMin / kMiB, 4);
  EXPECT_EQ(download.syncs(), 1);
}

// Else nobody could say what a kill costs, and once all that may be lost waits for its record
// nothing would go on.
TEST(Download, ARecordThatFoundNoRoomIsAtRiskUntilItIsWrittenLater) {
  const Content& what = content(0);
  Download core(what.id);
  Effects fx;
  PieceMap all_but_one(what.layout.pieces);
  for (std::uint32_t piece = 1; piece < what.layout.pieces; ++piece) all_but_one.add(piece);
  core.restore(what.layer, all_but_one, PieceMap(what.layout.pieces));
  core.start({}, fx);
  core.on_source({0}, std::nullopt, fx);
  for (std::size_t i = 0; i < fx.size(); ++i) {
    const Effect effect = fx[i];
    if (const auto* ask = std::get_if<AskRange>(&effect)) {
      static_cast<void>(core.on_chunk(ask->source, ask->offset, ask->length, {}, fx));
    } else if (std::holds_alternative<Hash>(effect)) {
      core.on_hashed(0, what.layer[0], fx);
    } else if (std::holds_alternative<Write>(effect)) {
      core.on_written(0, std::nullopt, {}, fx);
    } else if (std::holds_alternative<Sync>(effect)) {
      core.on_synced(true, {}, fx);
    }
  }
  ASSERT_EQ(std::ranges::count(fx, Effect{Record{{0}}}), 1);
  for (const Instant now : {Instant{}, Instant{limits::kRoomPause}}) {
    fx.clear();
    core.on_record_waits(now, fx);
    EXPECT_EQ(core.bytes_at_risk(), kMiB);
    EXPECT_EQ(core.deadline(), now + limits::kRoomPause);
    core.on_timer(now + limits::kRoomPause - Duration{1}, fx);
    EXPECT_EQ(std::ranges::count(fx, Effect{Record{}}), 0);
    core.on_timer(now + limits::kRoomPause, fx);
    EXPECT_EQ(std::ranges::count(fx, Effect{Record{}}), 1);
  }
  const std::array<std::uint32_t, 1> told{0};
  core.on_recorded(told, fx);
  EXPECT_EQ(core.bytes_at_risk(), 0U);
  EXPECT_EQ(core.deadline(), std::nullopt);
}

}  // namespace
}  // namespace shoal::transfer
