// SPDX-License-Identifier: Apache-2.0
// A download in a world of lying, late and vanishing sources and a disk that fails, played with
// effects answered in any order. The oracle: the file is known, so every byte can be compared.
#include "transfer/core/download.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "proto/types/rng.h"
#include "tests/transfer/core/download_files.h"

namespace shoal::transfer {
namespace {

enum class Kind : std::uint8_t {
  kHonest,
  kWrongPieces,
  kWrongManifest,
  kUnasked,
  kVanishes,
  kSize
};

class World {
 public:
  World(const Known& file, std::uint64_t seed, std::vector<Kind> kinds, bool disk_fails)
      : file_(file),
        rng_(seed),
        kinds_(std::move(kinds)),
        disk_fails_(disk_fails),
        core_(file.tree.id),
        seen_(core_.here()) {}

  void play() {
    core_.start(now_, fx_);
    drain();
    for (std::uint32_t i = 0; i < kinds_.size(); ++i) {
      core_.on_source(SourceRef{i}, std::nullopt, fx_);
      drain();
    }
    for (steps_ = 0; steps_ < 100'000 && !over(); ++steps_) {
      if (!pending_.empty()) {
        step();
      } else if (const auto due = core_.deadline()) {
        now_ = std::max(now_, *due);  // nothing moves: the time passes
        core_.on_timer(now_, fx_);
        drain();
      } else {
        break;
      }
    }
  }
  /// Writes find no room for the next `writes` times.
  void fill_disk(unsigned writes) { full_for_ = writes; }

  [[nodiscard]] bool over() const { return placed_ || stopped_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  [[nodiscard]] bool placed() const { return placed_; }
  [[nodiscard]] std::optional<Errc> reason() const { return reason_; }
  [[nodiscard]] bool recorded_before_durable() const { return early_; }
  /// At some moment it would have given others what is not right on the disk, or miscounted.
  [[nodiscard]] bool offered_wrong() const { return offered_wrong_; }
  [[nodiscard]] const std::map<std::uint32_t, bool>& disk() const { return disk_; }
  [[nodiscard]] const std::vector<Effect>& log() const { return log_; }
  [[nodiscard]] std::size_t set_aside(SourceRef ref) const { return aside_.count(ref); }
  [[nodiscard]] const Download& core() const { return core_; }

 private:
  void drain() {
    Effects todo;
    std::swap(todo, fx_);
    for (auto& effect : todo) {
      log_.push_back(effect);
      if (std::holds_alternative<Place>(effect)) placed_ = true;
      if (const auto* one = std::get_if<Stopped>(&effect)) {
        stopped_ = true;
        reason_ = one->reason;
      }
      if (const auto* one = std::get_if<SetAside>(&effect)) aside_[one->source] = true;
      if (const auto* one = std::get_if<Discard>(&effect)) memory_.erase(one->piece);
      if (const auto* one = std::get_if<Record>(&effect)) {
        for (const auto piece : one->pieces) early_ = early_ || !durable_.contains(piece);
      }
      const bool answered =
          std::holds_alternative<AskManifest>(effect) || std::holds_alternative<AskRange>(effect) ||
          std::holds_alternative<Hash>(effect) || std::holds_alternative<Write>(effect) ||
          std::holds_alternative<Check>(effect) || std::holds_alternative<Sync>(effect) ||
          std::holds_alternative<Record>(effect);
      if (answered) pending_.push_back(effect);
    }
  }

  static std::optional<SourceRef> source_of(const Effect& effect) {
    if (const auto* one = std::get_if<AskManifest>(&effect)) return one->source;
    if (const auto* one = std::get_if<AskRange>(&effect)) return one->source;
    return std::nullopt;
  }

  // Answers any open effect; those of one source in order.
  void step() {
    now_ += std::chrono::milliseconds(rng_.below(300));
    std::size_t at = rng_.below(pending_.size());
    if (const auto source = source_of(pending_[at])) {
      at = 0;
      while (source_of(pending_[at]) != source) ++at;
    }
    const Effect effect = pending_[at];
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(at));
    std::visit([&](const auto& one) { answer(one); }, effect);
    drain();
    core_.on_timer(now_, fx_);
    drain();
    look();
  }

  // What others may have lies on the disk; it may have rotted there, but it was written right.
  void look() {
    std::uint64_t bytes = 0;
    const PieceMap& here = core_.here();
    for (auto piece = here.next(0); piece; piece = here.next(*piece + 1)) {
      bytes += core_.layout().size(*piece);
      offered_wrong_ =
          offered_wrong_ || !disk_.contains(*piece) || (!disk_fails_ && !disk_.at(*piece));
    }
    offered_wrong_ = offered_wrong_ || bytes != core_.bytes_done();
    const bool changed = here != seen_;
    offered_wrong_ = offered_wrong_ || (changed && core_.news() == seen_news_);
    seen_ = here;
    seen_news_ = core_.news();
  }

  void answer(const AskManifest& one) {
    auto hashes = std::vector(file_.tree.layer.begin() + one.range.first,
                              file_.tree.layer.begin() + one.range.first + one.range.count);
    if (kinds_[one.source.value] == Kind::kWrongManifest) hashes.back().bytes[0] ^= 1;
    core_.on_manifest(one.source, one.range.first, hashes, fx_);
  }
  void answer(const AskRange& one) {
    const Kind kind = kinds_[one.source.value];
    if (kind == Kind::kVanishes && rng_.below(3) == 0) return core_.on_source_gone(one.source, fx_);
    const std::uint64_t shift = kind == Kind::kUnasked && rng_.below(2) == 0 ? 1 : 0;
    const std::uint32_t piece = core_.layout().piece_of(one.offset);
    const bool wrong = kind == Kind::kWrongPieces && rng_.below(2) == 0;
    if (core_.on_chunk(one.source, one.offset + shift, one.length, now_, fx_)) {
      auto& right = memory_.emplace(piece, true).first->second;
      right = right && !wrong;
    }
  }
  Hash256 hash_of(std::uint32_t piece, bool right) {
    Hash256 hash = file_.tree.layer[piece];
    if (!right) hash.bytes[31] ^= 1;
    return hash;
  }
  void answer(const Hash& one) {
    core_.on_hashed(one.piece, hash_of(one.piece, memory_.at(one.piece)), fx_);
  }
  void answer(const Write& one) {
    if (full_for_ > 0) {
      --full_for_;
      return core_.on_written(one.piece, Errc::kNoSpace, now_, fx_);
    }
    if (disk_fails_ && rng_.below(20) == 0) {
      return core_.on_written(one.piece, rng_.below(20) == 0 ? Errc::kIo : Errc::kNoSpace, now_,
                              fx_);
    }
    disk_[one.piece] = memory_.at(one.piece);
    unsynced_.push_back(one.piece);
    memory_.erase(one.piece);
    core_.on_written(one.piece, std::nullopt, now_, fx_);
  }
  void answer(const Check& one) {
    if (disk_fails_ && rng_.below(10) == 0) disk_[one.piece] = false;
    core_.on_checked(one.piece, hash_of(one.piece, disk_.at(one.piece)), fx_);
  }
  void answer(const Sync&) {
    const bool good = !disk_fails_ || rng_.below(4) != 0;
    if (good) durable_.insert(unsynced_.begin(), unsynced_.end());
    unsynced_.clear();
    core_.on_synced(good, now_, fx_);
  }
  void answer(const Record& one) { core_.on_recorded(one.pieces, fx_); }
  template <class T>
  void answer(const T&) {}

  const Known& file_;
  Rng rng_;
  std::vector<Kind> kinds_;
  bool disk_fails_;
  unsigned full_for_ = 0;
  Download core_;
  Effects fx_;
  Instant now_{};
  std::deque<Effect> pending_;
  std::map<std::uint32_t, bool> memory_;  ///< piece -> are its bytes right
  std::map<std::uint32_t, bool> disk_;
  std::vector<std::uint32_t> unsynced_;
  std::set<std::uint32_t> durable_;
  std::map<SourceRef, bool> aside_;
  std::vector<Effect> log_;
  std::optional<Errc> reason_;
  std::uint64_t steps_ = 0;
  bool placed_ = false;
  bool stopped_ = false;
  bool early_ = false;
  bool offered_wrong_ = false;
  PieceMap seen_;
  std::uint64_t seen_news_ = 0;
};

RC_GTEST_PROP(Download, EndsWithTheRightBytesOrAnErrorAndNeverWithOthers, ()) {
  const auto which = *rc::gen::inRange<std::size_t>(0, 5).as("file");
  const auto seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  const auto disk_fails = *rc::gen::arbitrary<bool>().as("disk fails");
  const auto honest = *rc::gen::arbitrary<bool>().as("one source is honest");
  std::vector<Kind> kinds;
  const auto count = *rc::gen::inRange(1, 5).as("sources");
  Rng rng(seed ^ 1);
  for (int i = 0; i < count; ++i) {
    kinds.push_back(static_cast<Kind>(1 + rng.below(static_cast<unsigned>(Kind::kSize) - 1)));
  }
  if (honest) kinds.back() = Kind::kHonest;
  RC_TAG(honest ? "honest" : "liars only");
  const Known& file = known(which);
  World world(file, seed, kinds, disk_fails);
  world.play();
  RC_ASSERT(world.steps() < 100'000U);
  RC_ASSERT(!world.recorded_before_durable());
  RC_ASSERT(!world.offered_wrong());
  if (world.placed()) {
    RC_ASSERT(world.disk().size() == file.tree.layer.size());
    RC_ASSERT(std::ranges::all_of(world.disk(), [](const auto& one) { return one.second; }));
    RC_ASSERT(world.core().bytes_done() == file.bytes.size());
  }
  if (honest) {
    RC_ASSERT(world.over());
    RC_ASSERT(world.set_aside(SourceRef{static_cast<std::uint32_t>(kinds.size() - 1)}) == 0U);
    if (!disk_fails) RC_ASSERT(world.placed());
  }
  World again(file, seed, kinds, disk_fails);
  again.play();
  RC_ASSERT(world.log() == again.log());
}

RC_GTEST_PROP(Download, AFullDiskIsWaitedForAndCostsNoByte, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  const auto full_for = *rc::gen::inRange(1U, 40U).as("writes without room");
  const Known& file = known(4);
  World world(file, seed, {Kind::kHonest}, false);
  world.fill_disk(full_for);
  world.play();
  RC_ASSERT(world.placed());
  RC_ASSERT(world.core().bytes_wasted() == 0U);
  RC_ASSERT(bytes_asked(world.log()) == file.tree.id.length);
}

}  // namespace
}  // namespace shoal::transfer
