// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/download.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"

namespace shoal::transfer {
namespace {

bool take(std::vector<std::uint32_t>& list, std::uint32_t piece) {
  return std::erase(list, piece) != 0;
}

}  // namespace

Download::Download(const ContentId& id, std::uint64_t salt, const Patience& patience)
    : id_(id),
      manifest_(id),
      scheduler_(manifest_.layout(), salt),
      patience_(patience),
      stalls_(patience),
      here_(manifest_.layout().pieces),
      held_(manifest_.layout().pieces),
      to_check_(manifest_.layout().pieces),
      found_(manifest_.layout().pieces),
      verified_(manifest_.layout().pieces) {}

void Download::restore(const std::vector<Hash256>& layer, const PieceMap& sure,
                       const PieceMap& claimed) {
  SHOAL_ASSERT(!started_);
  SHOAL_ASSERT(sure.size() == layout().pieces && claimed.size() == layout().pieces);
  for (std::uint32_t first = 0; first < layer.size() && !manifest_.whole();) {
    const auto count = std::min<std::size_t>(layer.size() - first, limits::kManifestChunk);
    const auto taken = manifest_.add(first, std::span(layer).subspan(first, count));
    if (taken == ManifestBuilder::Taken::kWrong || taken == ManifestBuilder::Taken::kUseless) break;
    first += static_cast<std::uint32_t>(count);
  }
  if (!manifest_.whole()) {
    manifest_ = ManifestBuilder(id_);
    return;
  }
  held_ = sure;
  for (auto piece = claimed.next(0); piece; piece = claimed.next(*piece + 1)) {
    if (!held_.has(*piece)) to_check_.add(*piece);
  }
  for (auto piece = held_.next(0); piece; piece = held_.next(*piece + 1)) came(*piece);
  found_ = held_;
  bytes_found_ = bytes_done_;
}

void Download::start(Instant now, Effects& effects) {
  SHOAL_ASSERT(!started_);
  now_ = now;
  started_ = true;
  if (manifest_.impossible()) return fail(Errc::kIntegrity, effects);
  if (manifest_.whole()) begin_pieces(effects);
  go_on(effects);
}

bool Download::on_chunk(SourceRef source, std::uint64_t offset, std::uint32_t length, Instant now,
                        Effects& effects) {
  if (over() || !scheduler_.knows(source)) return false;
  now_ = std::max(now_, now);
  const auto taken = scheduler_.on_chunk(source, offset, length, now);
  if (taken == Scheduler::Taken::kRejected) {
    bytes_wasted_ += length;
    set_aside(source, Fault::kUnasked, effects);
  } else if (taken == Scheduler::Taken::kWholePiece) {
    const std::uint32_t piece = layout().piece_of(offset);
    hashing_.push_back(piece);
    effects.emplace_back(Hash{piece});
  }
  if (taken == Scheduler::Taken::kUnneeded) bytes_wasted_ += length;
  go_on(effects);
  return taken == Scheduler::Taken::kPart || taken == Scheduler::Taken::kWholePiece;
}

void Download::on_hashed(std::uint32_t piece, const Hash256& hash, Effects& effects) {
  if (over() || !take(hashing_, piece)) return;
  if (hash == layer()[piece]) {
    if (const auto giver = scheduler_.giver(piece)) stalls_.prove(*giver);
    scheduler_.prove(piece);
    if (full_) {
      blocked_.push_back(piece);
    } else {
      write(piece, effects);
    }
    return go_on(effects);
  }
  const auto giver = scheduler_.giver(piece);
  scheduler_.settle(piece);
  scheduler_.want(piece);
  bytes_wasted_ += layout().size(piece);
  effects.emplace_back(Discard{piece});
  if (giver && scheduler_.knows(*giver)) set_aside(*giver, Fault::kWrongPiece, effects);
  go_on(effects);
}

void Download::came(std::uint32_t piece) {
  here_.add(piece);
  ++news_;
  bytes_done_ += layout().size(piece);
}

void Download::lost(std::uint32_t piece) {
  here_.remove(piece);
  ++news_;
  bytes_done_ -= layout().size(piece);
}

void Download::write(std::uint32_t piece, Effects& effects) {
  writing_.push_back(piece);
  effects.emplace_back(Write{piece});
}

void Download::on_full(std::uint32_t piece, Instant now) {
  full_ = true;
  blocked_.push_back(piece);
  retry_at_ = now + limits::kRoomPause;
}

void Download::on_written(std::uint32_t piece, std::optional<Errc> error, Instant now,
                          Effects& effects) {
  if (over() || !take(writing_, piece)) return;
  now_ = std::max(now_, now);
  if (error == Errc::kNoSpace && !stopping_) {
    on_full(piece, now);
    return go_on(effects);
  }
  scheduler_.settle(piece);
  if (error) {
    scheduler_.want(piece);
    // Whoever asked us to stop need not hear of it: the piece is not here, that is all.
    if (stopping_) return go_on(effects);
    return fail(*error, effects);
  }
  full_ = false;
  retry_at_.reset();
  if (!stopping_) {
    for (const std::uint32_t one : std::exchange(blocked_, {})) write(one, effects);
  }
  unsynced_.push_back(piece);
  unsynced_bytes_ += layout().size(piece);
  unrecorded_bytes_ += layout().size(piece);
  came(piece);
  if (!unsynced_since_) unsynced_since_ = now;
  go_on(effects);
}

void Download::on_checked(std::uint32_t piece, std::optional<Hash256> hash, Effects& effects) {
  if (over() || !take(checking_, piece)) return;
  const bool right = hash && *hash == layer()[piece];
  if (held_.has(piece)) {
    if (right) {
      verified_.add(piece);
    } else {
      held_.remove(piece);
      lost(piece);
      scheduler_.want(piece);
      if (found_.has(piece)) bytes_found_ -= layout().size(piece);
      found_.remove(piece);
    }
  } else if (right) {
    held_.add(piece);
    came(piece);
    found_.add(piece);
    bytes_found_ += layout().size(piece);
  } else {
    scheduler_.want(piece);
  }
  go_on(effects);
}

void Download::on_synced(bool durable, Instant now, Effects& effects) {
  if (over() || !syncing_) return;
  now_ = std::max(now_, now);
  syncing_ = false;
  auto pieces = std::exchange(in_sync_, {});
  if (durable) {
    for (const std::uint32_t piece : pieces) {
      held_.add(piece);
      verified_.add(piece);
    }
    std::ranges::sort(pieces);
    effects.emplace_back(Record{std::move(pieces)});
  } else {
    // What was written since is as uncertain: it went through the same descriptor.
    pieces.insert(pieces.end(), unsynced_.begin(), unsynced_.end());
    unsynced_.clear();
    unsynced_bytes_ = 0;
    unsynced_since_.reset();
    for (const std::uint32_t piece : pieces) {
      scheduler_.want(piece);
      lost(piece);
      unrecorded_bytes_ -= layout().size(piece);
      bytes_wasted_ += layout().size(piece);
    }
    if (++disk_faults_ >= limits::kDiskFaultsMax) return fail(Errc::kIo, effects);
  }
  if (!unsynced_.empty()) unsynced_since_ = now;
  go_on(effects);
}

void Download::on_recorded(std::span<const std::uint32_t> pieces, Effects& effects) {
  if (over()) return;
  record_waits_ = false;
  record_again_at_.reset();
  for (const std::uint32_t piece : pieces) unrecorded_bytes_ -= layout().size(piece);
  go_on(effects);
}

void Download::on_record_waits(Instant now, Effects& effects) {
  if (over()) return;
  now_ = std::max(now_, now);
  record_waits_ = true;
  record_again_at_ = now_ + limits::kRoomPause;
  go_on(effects);
}

void Download::on_reader(std::uint64_t reader, std::optional<std::uint64_t> offset,
                         Effects& effects) {
  if (over()) return;
  if (!offset || *offset >= id_.length) {
    scheduler_.wish(reader, 0, 0);
    return;
  }
  const std::uint32_t first = layout().piece_of(*offset);
  const auto ahead =
      static_cast<std::uint32_t>(limits::kReadAheadBytes / layout().piece_length) + 1;
  scheduler_.wish(reader, first, std::min(ahead, layout().pieces - first));
  go_on(effects);
}

void Download::on_doubt(Effects& effects) {
  SHOAL_ASSERT(phase_ == Phase::kPlaced);
  phase_ = Phase::kLastCheck;
  verified_ = PieceMap(layout().pieces);
  go_on(effects);
}

void Download::on_trouble(Errc reason, Effects& effects) { fail(reason, effects); }

void Download::on_timer(Instant now, Effects& effects) {
  if (over()) return;
  now_ = std::max(now_, now);
  if (retry_at_ && now >= *retry_at_) {
    retry_at_.reset();
    const std::uint32_t first = blocked_.front();
    blocked_.erase(blocked_.begin());
    write(first, effects);
  }
  if (record_again_at_ && now >= *record_again_at_) {
    record_again_at_.reset();
    effects.emplace_back(Record{});
  }
  const auto due = sync_due();
  if (due && now >= *due) begin_sync(effects);
  go_on(effects);
}

std::optional<Instant> Download::sync_due() const {
  if (over() || syncing_ || !unsynced_since_) return std::nullopt;
  return *unsynced_since_ + limits::kSyncBeginTime;
}

std::optional<Instant> Download::deadline() const {
  if (over()) return std::nullopt;
  std::optional<Instant> first;
  for (const auto& due :
       {sync_due(), retry_at_, record_again_at_, scheduler_.ask_again_at(), stall_deadline()}) {
    if (due && (!first || *due < *first)) first = due;
  }
  return first;
}

void Download::stop(Effects& effects) {
  if (over() || stopping_) return;
  stopping_ = true;
  retry_at_.reset();
  go_on(effects);
}

void Download::fail(Errc reason, Effects& effects) {
  if (over()) return;
  if (!reason_) reason_ = reason;
  stopping_ = true;
  retry_at_.reset();
  go_on(effects);
}

void Download::begin_pieces(Effects&) {
  phase_ = Phase::kPieces;
  for (std::uint32_t piece = 0; piece < layout().pieces; ++piece) {
    if (!held_.has(piece) && !to_check_.has(piece)) scheduler_.want(piece);
  }
}

void Download::begin_sync(Effects& effects) {
  if (syncing_ || unsynced_.empty()) return;
  syncing_ = true;
  in_sync_ = std::exchange(unsynced_, {});
  unsynced_bytes_ = 0;
  unsynced_since_.reset();
  effects.emplace_back(Sync{});
}

void Download::begin_checks(Effects& effects) {
  while (checking_.size() < limits::kChecksAtOnce) {
    const auto piece = to_check_.next(0);
    if (!piece) return;
    to_check_.remove(*piece);
    checking_.push_back(*piece);
    effects.emplace_back(Check{*piece});
  }
}

void Download::settle(Effects& effects) {
  // What is in memory is lost with us, what is being written is waited for.
  if (!writing_.empty() || syncing_) return;
  if (!unsynced_.empty() && disk_faults_ < limits::kDiskFaultsMax) return begin_sync(effects);
  phase_ = Phase::kStopped;
  effects.emplace_back(Stopped{reason_});
}

void Download::go_on(Effects& effects) {
  if (over() || !started_) return;
  if (stopping_) return settle(effects);
  look_for_stalls(effects);
  if (phase_ == Phase::kManifest) {
    ask_manifest(effects);
  } else {
    begin_checks(effects);
    const std::uint64_t before = scheduler_.partial_bytes();
    scheduler_.ask(now_, limits::kSyncBytes - unrecorded_bytes_, effects);
    scheduler_.rest(effects);
    bytes_wasted_ += before - scheduler_.partial_bytes();  // of pieces that moved
    if (unsynced_bytes_ >= (tight() ? limits::kSyncBeginBytesMin : limits::kSyncBeginBytes)) {
      begin_sync(effects);
    }
    const bool at_rest = scheduler_.wanted() == 0 && scheduler_.idle() && checking_.empty();
    if (at_rest && !unsynced_.empty()) begin_sync(effects);
    if (at_rest && held_.all()) {
      if (phase_ == Phase::kPieces) phase_ = Phase::kLastCheck;
      if (verified_.all()) {
        phase_ = Phase::kPlaced;
        effects.emplace_back(Place{});
        return;
      }
      for (std::uint32_t piece = 0; piece < layout().pieces; ++piece) {
        if (!verified_.has(piece)) to_check_.add(piece);
      }
      begin_checks(effects);
    }
  }
  // While the disk is full nothing more could be asked of a source.
  if (waits_for_room()) return;
  if (starved() && !std::exchange(seeking_, true)) effects.emplace_back(Seek{});
}

}  // namespace shoal::transfer
