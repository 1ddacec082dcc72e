// SPDX-License-Identifier: Apache-2.0
// What a download does with its part file, off the strand.
#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "proto/types/limits.h"
#include "transfer/core/merkle.h"
#include "transfer/host/download_job.h"

namespace shoal::transfer {
namespace {

// Tells bytes that a disk spoiled; nobody is kept from making two pieces with one mark.
DownloadJob::Mark mark_of(std::span<const std::uint8_t> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

/// Of what the file holds now; nothing when it cannot be read.
std::optional<DownloadJob::Mark> mark_of(const PartFile& part, const Layout& layout,
                                         std::uint32_t piece) {
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(),
                                                                              &XXH3_freeState);
  if (!state || XXH3_128bits_reset(state.get()) != XXH_OK) return std::nullopt;
  PieceBytes room(limits::kReadBackBytes);
  for (std::uint64_t done = 0; done < layout.size(piece);) {
    const auto some =
        room.all().first(std::min<std::uint64_t>(room.all().size(), layout.size(piece) - done));
    if (!part.read(layout.offset(piece) + done, some)) return std::nullopt;
    XXH3_128bits_update(state.get(), some.data(), some.size());
    done += some.size();
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(state.get());
  return DownloadJob::Mark{hash.low64, hash.high64};
}

}  // namespace

// What is right is written at once, while this processor has it at hand.
void DownloadJob::hash(std::uint32_t piece) {
  on_file(piece, [piece, buffer = buffers_.at(piece), layout = core_.layout(),
                  wanted = core_.layer()[piece]](DownloadJob& here) {
    const Hash256 got = piece_hash(buffer->all(), layout);
    const Mark mark = mark_of(buffer->all());
    // If not, the core has it tried again, and hears why.
    const bool written =
        got == wanted && here.part_->write(layout.offset(piece), buffer->all()).has_value();
    here.on_strand([piece, got, mark, written, right = got == wanted](DownloadJob& job) {
      if (right) job.marks_.insert_or_assign(piece, mark);
      if (written) job.written_ = piece;
      job.core_.on_hashed(piece, got, job.effects_);
      job.run();
      job.written_.reset();
    });
  });
}

void DownloadJob::write(std::uint32_t piece) {
  // Known now only: a sync that fails makes it uncertain again.
  if (written_ == piece) {
    buffers_.erase(piece);
    return core_.on_written(piece, std::nullopt, now(), effects_);
  }
  // Kept until it is written: a full disk is tried again.
  on_file(piece, [piece, buffer = buffers_.at(piece),
                  offset = core_.layout().offset(piece)](DownloadJob& here) {
    auto done = here.part_->write(offset, buffer->all());
    // Told before the file can be opened anew: a sync that fails makes it uncertain again.
    here.on_strand([piece, done](DownloadJob& job) {
      if (done) {
        job.buffers_.erase(piece);
      } else {
        job.disk_error_ = done.error();
      }
      job.core_.on_written(piece, done ? std::nullopt : std::optional(done.error().code), job.now(),
                           job.effects_);
      job.run();
    });
  });
}

void DownloadJob::check(std::uint32_t piece) {
  const auto known = marks_.find(piece);
  const auto mark = known == marks_.end() ? std::nullopt : std::optional(known->second);
  on_file(piece, [piece, mark, layout = core_.layout()](DownloadJob& here) {
    const bool same = mark && mark_of(*here.part_, layout, piece) == mark;
    std::optional<Hash256> got;
    if (!same) {
      PieceBytes bytes(layout.size(piece));
      const bool read = here.part_->read(layout.offset(piece), bytes.all()).has_value();
      if (read) got = piece_hash(bytes.all(), layout);
    }
    here.on_strand([piece, same, got](DownloadJob& job) {
      const auto hash = same ? std::optional(job.core_.layer()[piece]) : got;
      job.core_.on_checked(piece, hash, job.effects_);
      job.run();
    });
  });
}

void DownloadJob::sync() {
  boost::asio::post(disk_, [self = shared_from_this(), part = part_] {
    auto done = part->sync();
    Result<void> again;
    if (!done) {
      const auto alone = self->take_file();
      again = part->reopen();
    }
    self->on_strand([done, again](DownloadJob& job) {
      if (!done) job.disk_error_ = done.error();
      job.core_.on_synced(done.has_value(), job.now(), job.effects_);
      if (!again) job.core_.on_trouble(again.error().code, job.effects_);
      job.run();
    });
  });
}

void DownloadJob::record(const std::vector<std::uint32_t>& pieces) {
  append(pieces.empty() ? std::string() : part_->records().pieces(pieces), pieces);
}

void DownloadJob::append(std::string record, std::vector<std::uint32_t> pieces) {
  boost::asio::post(disk_, [self = shared_from_this(), part = part_, record = std::move(record),
                            pieces = std::move(pieces)] {
    auto& waiting = self->unrecorded_;
    waiting.insert(waiting.end(), pieces.begin(), pieces.end());
    if (auto done = part->append(record); !done) {
      return self->on_strand([error = done.error()](DownloadJob& job) {
        job.disk_error_ = error;
        if (error.code == Errc::kNoSpace) {
          job.core_.on_record_waits(job.now(), job.effects_);
        } else {
          job.core_.on_trouble(error.code, job.effects_);
        }
        job.run();
      });
    }
    self->on_strand([written = std::exchange(waiting, {})](DownloadJob& job) {
      job.core_.on_recorded(written, job.effects_);
      job.run();
    });
  });
}

void DownloadJob::offer() {
  if (core_.layout().pieces == 0) return;
  boost::asio::post(disk_, [self = shared_from_this(), part = part_, layout = core_.layout(),
                            name = request_.name, layer = core_.layer()] {
    auto file = part->reader();
    if (!file) return;  // then nobody gets it from here
    auto shelf = std::make_shared<Shelf>(layout, name, layer, std::move(*file));
    self->on_strand([shelf](DownloadJob& job) {
      if (job.over_) return;
      shelf->update(job.core_.here());
      job.shown_ = job.core_.news();
      const std::lock_guard lock(job.mutex_);
      job.shelf_ = shelf;
    });
  });
}

void DownloadJob::show() {
  if (!shelf_ || std::exchange(shown_, core_.news()) == core_.news()) return;
  shelf_->update(core_.here());
}

void DownloadJob::place() {
  boost::asio::post(disk_, [self = shared_from_this(), part = part_, name = request_.name] {
    auto path = part->place(name);
    self->on_strand([path](DownloadJob& job) {
      if (path) return job.finish(DownloadState::kDone, {}, *path);
      job.finish(DownloadState::kFailed, path.error());
    });
  });
}

void DownloadJob::arm() {
  const auto due = core_.deadline();
  if (!due) {
    sync_timer_.cancel();
    return;
  }
  sync_timer_.expires_after(std::max(*due - now(), Duration::zero()));
  sync_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->over_) return;
    self->core_.on_timer(self->now(), self->effects_);
    self->run();
  });
}

void DownloadJob::finish(DownloadState state, std::optional<Error> error, std::string path) {
  if (over_.exchange(true)) return;
  sync_timer_.cancel();
  seek_timer_.cancel();
  widen_timer_.cancel();
  report_timer_.cancel();
  {
    const std::lock_guard lock(mutex_);
    note_sources();
  }
  for (auto& [ref, source] : sources_) {
    if (source.link) source.link->close();
  }
  buffers_.clear();
  if (shelf_) {
    // Streams that are under way go on with a file that is whole. It is theirs from here on:
    // whoever deletes it wants its room on the disk back.
    if (state == DownloadState::kDone) {
      shelf_->update(core_.here());
    } else {
      shelf_->close();
    }
    std::shared_ptr<Shelf> gone;
    const std::lock_guard lock(mutex_);
    gone.swap(shelf_);
  }
  // Behind all that is still queued for the disk; then the files are closed and the lock is free.
  boost::asio::post(disk_, [self = shared_from_this(), state, error, path] {
    const auto alone = self->take_file();
    if (self->halt_ == Halt::kCancelled && state != DownloadState::kDone && self->part_) {
      self->part_->remove();
    }
    self->part_.reset();
    struct stat left {};
    if (path.empty() || ::lstat(path.c_str(), &left) != 0) left = {};
    self->on_strand([state, error, path, left](DownloadJob& job) {
      {
        const std::lock_guard lock(job.mutex_);
        job.left_ = left;
        job.details_.status.state = state;
        job.details_.status.error = error;
        job.details_.status.path = path;
        job.details_.status.sources = 0;
        job.details_.status.busy_ms = job.busy_ms();
        job.details_.status.bytes_wasted = job.core_.bytes_wasted();
        job.details_.status.bytes_done =
            state == DownloadState::kDone ? job.request_.content.length : job.core_.bytes_done();
      }
      std::exchange(job.ended_, {})();  // it holds the table that holds us
      if (job.hooks_->on_change) job.hooks_->on_change(job.status());
    });
  });
}

}  // namespace shoal::transfer
