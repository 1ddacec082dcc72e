// SPDX-License-Identifier: Apache-2.0
#include "tests/transfer/host/crash_world.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"

namespace shoal::transfer::testing {
namespace {

constexpr SourceRef kSource{0};

}  // namespace

KnownFile::KnownFile(std::uint64_t length) : bytes(length), layout(length) {
  Rng rng(length);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(rng.next());
  TreeHasher hasher(length);
  SHOAL_ASSERT(hasher.update(bytes));
  tree = hasher.finish();
}

std::span<const std::uint8_t> KnownFile::piece(std::uint32_t index) const {
  return std::span(bytes).subspan(layout.offset(index), layout.size(index));
}

const KnownFile& known_file(std::size_t which) {
  static const std::vector<KnownFile> all = [] {
    std::vector<KnownFile> made;
    for (const std::uint64_t length : {0U, 700U, 1U << 20U, (2U << 20U) + 17U, 4U << 20U}) {
      made.emplace_back(length);
    }
    SHOAL_ASSERT(made.size() == kKnownFiles);
    return made;
  }();
  return all[which];
}

Process::Process(FaultDisk& disk, const KnownFile& file, Rng& rng)
    : disk_(disk), file_(file), rng_(rng), core_(file.tree.id) {}

Process::End Process::run(std::uint64_t stop_after) {
  DownloadRequest request;
  request.content = file_.tree.id;
  request.name = "file.bin";
  request.folder = "/folder";
  auto part = PartFile::open(disk_.mount(), request, left_);
  if (!part) {
    end(End::kFailed, part.error().code);
    return end_;
  }
  if (!left_.placed.empty()) {
    path_ = left_.placed;
    end(End::kDone);
    return end_;
  }
  part_ = std::move(*part);
  const JournalContents& found = left_.journal;
  if (found.request && (!found.layer.empty() || core_.knows_manifest())) {
    core_.restore(found.layer, found.sure, found.claimed);
  }
  core_.start(now_, effects_);
  drain();
  core_.on_source(kSource, std::nullopt, effects_);
  drain();
  for (std::uint64_t steps = 0; end_ == End::kRunning; ++steps) {
    if (disk_.dead()) {
      end(End::kDead);
    } else if (steps == stop_after) {
      core_.stop(effects_);
      drain();
    } else if (!step()) {
      // Nothing is under way: the time passes.
      const auto due = core_.deadline();
      SHOAL_ASSERT(due.has_value());
      now_ = std::max(now_, *due);
      core_.on_timer(now_, effects_);
      drain();
    }
    look_for_hidden_risk();
    SHOAL_ASSERT(steps < 100'000);
  }
  part_.reset();
  if (disk_.dead()) end_ = End::kDead;
  return end_;
}

// What was asked for or is here and no journal names, beyond what is told to be at risk.
void Process::look_for_hidden_risk() {
  if (disk_.dead() || end_ != End::kRunning) return;
  const auto journal = disk_.part(journal_name(file_.tree.id));
  const auto found = read_journal({reinterpret_cast<const char*>(journal.data()), journal.size()});
  std::uint64_t unnamed = 0;
  for (const std::uint32_t piece : in_memory_) unnamed += file_.layout.size(piece);
  for (std::uint32_t piece = 0; piece < file_.layout.pieces; ++piece) {
    const bool named = found.request && (found.sure.has(piece) || found.claimed.has(piece));
    if (core_.here().has(piece) && !named) unnamed += file_.layout.size(piece);
  }
  hidden_risk_ = std::max(hidden_risk_, unnamed - std::min(unnamed, core_.bytes_at_risk()));
}

bool Process::step() {
  std::vector<Task> choices;
  if (!on_disk_.empty())
    choices.push_back([&] {
      const Task task = std::move(on_disk_.front());
      on_disk_.pop_front();
      task();
    });
  for (auto* const queue : {&results_, &network_}) {
    if (!queue->empty())
      choices.push_back([queue] {
        const Task task = std::move(queue->front());
        queue->pop_front();
        task();
      });
  }
  if (!hashing_.empty())
    choices.push_back([&] {
      const auto at = static_cast<std::ptrdiff_t>(rng_.below(hashing_.size()));
      const Task task = std::move(hashing_[static_cast<std::size_t>(at)]);
      hashing_.erase(hashing_.begin() + at);
      task();
    });
  if (choices.empty()) return false;
  choices[rng_.below(choices.size())]();
  now_ += std::chrono::milliseconds(rng_.below(1000));  // so that syncs come at any time
  core_.on_timer(now_, effects_);
  drain();
  return true;
}

void Process::drain() {
  Effects todo;
  std::swap(todo, effects_);
  for (const Effect& effect : todo) std::visit([&](const auto& one) { act(one); }, effect);
}

void Process::act(const AskManifest& one) {
  network_.push_back([this, range = one.range] {
    core_.on_manifest(kSource, range.first,
                      std::span(file_.tree.layer).subspan(range.first, range.count), effects_);
  });
}

void Process::act(const AskRange& one) {
  in_memory_.insert(file_.layout.piece_of(one.offset));
  network_.push_back([this, one] {
    if (core_.on_chunk(kSource, one.offset, one.length, now_, effects_)) fetched_ += one.length;
  });
}

void Process::act(const Hash& one) {
  hashing_.push_back(
      [this, one] { core_.on_hashed(one.piece, file_.tree.layer[one.piece], effects_); });
}

void Process::act(const Write& one) {
  on_disk_.push_back([this, one] {
    auto done = part_->write(file_.layout.offset(one.piece), file_.piece(one.piece));
    results_.push_back([this, one, done] {
      in_memory_.erase(one.piece);
      core_.on_written(one.piece, done ? std::nullopt : std::optional(done.error().code), now_,
                       effects_);
    });
  });
}

void Process::act(const Check& one) {
  on_disk_.push_back([this, one] {
    std::vector<std::uint8_t> bytes(file_.layout.size(one.piece));
    std::optional<Hash256> hash;
    if (part_->read(file_.layout.offset(one.piece), bytes)) {
      hash = std::ranges::equal(bytes, file_.piece(one.piece)) ? file_.tree.layer[one.piece]
                                                               : Hash256{};
    }
    results_.push_back([this, one, hash] { core_.on_checked(one.piece, hash, effects_); });
  });
}

void Process::act(const Sync&) {
  on_disk_.push_back([this] {
    const auto done = part_->sync();
    Result<void> again;
    if (!done) again = part_->reopen();
    results_.push_back([this, done, again] {
      core_.on_synced(done.has_value(), now_, effects_);
      if (!again) core_.on_trouble(again.error().code, effects_);
    });
  });
}

void Process::append(std::string record, std::vector<std::uint32_t> pieces) {
  on_disk_.push_back([this, record = std::move(record), pieces = std::move(pieces)] {
    unrecorded_.insert(unrecorded_.end(), pieces.begin(), pieces.end());
    const auto done = part_->append(record);
    if (!done && done.error().code == Errc::kNoSpace) {
      results_.push_back([this] { core_.on_record_waits(now_, effects_); });
    } else if (!done) {
      results_.push_back([this, code = done.error().code] { core_.on_trouble(code, effects_); });
    } else {
      results_.push_back([this, written = std::exchange(unrecorded_, {})] {
        core_.on_recorded(written, effects_);
      });
    }
  });
}

void Process::act(const Record& one) {
  append(one.pieces.empty() ? std::string() : part_->records().pieces(one.pieces), one.pieces);
}
void Process::act(const RecordManifest&) { append(part_->records().manifest(core_.layer())); }

void Process::act(const Place&) {
  on_disk_.push_back([this] {
    const auto path = part_->place("file.bin");
    if (!path) return end(End::kFailed, path.error().code);
    path_ = *path;
    end(End::kDone);
  });
}

void Process::act(const Stopped& one) {
  if (!one.reason && core_.claims_checked()) append(part_->records().clean_stop());
  // Behind all that waits for the disk, as DownloadJob::finish does it.
  on_disk_.push_back([this, reason = one.reason] {
    end(reason ? End::kFailed : End::kStopped, reason.value_or(Errc::kInternal));
  });
}

void Process::act(const SetAside&) { SHOAL_ASSERT(false); }  // the source is honest

void Process::end(End how, Errc error) {
  end_ = disk_.dead() ? End::kDead : how;
  error_ = error;
}

}  // namespace shoal::transfer::testing
