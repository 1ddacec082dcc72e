// SPDX-License-Identifier: Apache-2.0
// What a download does with its part file, off the strand.
#include <algorithm>
#include <utility>

#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "transfer/core/merkle.h"
#include "transfer/host/download/download_job.h"

namespace shoal::transfer {

// What is right is written at once, while this processor has it at hand.
void DownloadJob::hash(std::uint32_t piece) {
  on_file(piece, [piece, buffer = buffers_.at(piece), layout = core_.layout(),
                  wanted = core_.layer()[piece]](DownloadJob& here) {
    const Hash256 got = piece_hash(buffer->all(), layout);
    // If not, the core has it tried again, and hears why.
    const bool written =
        got == wanted && here.part_->write(layout.offset(piece), buffer->all()).has_value();
    here.on_strand([piece, got, written](DownloadJob& job) {
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
  on_file(piece, [piece, layout = core_.layout()](DownloadJob& here) {
    PieceBytes bytes(layout.size(piece));
    std::optional<Hash256> got;
    if (here.part_->read(layout.offset(piece), bytes.all())) got = piece_hash(bytes.all(), layout);
    here.on_strand([piece, got](DownloadJob& job) {
      job.core_.on_checked(piece, got, job.effects_);
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

void DownloadJob::place_if_ours() {
  if (!part_->touched()) return place();
  if (++doubts_ <= limits::kDoubtsMost) return core_.on_doubt(effects_);
  finish(DownloadState::kFailed,
         Error{Errc::kConflict, "cannot finish the download",
               "another program writes to " + part_name(request_.content) + " again and again",
               "end that program; `shoal transfers resume` then goes on with what is right"});
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
