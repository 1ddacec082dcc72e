// SPDX-License-Identifier: Apache-2.0
// What a download does with its part file, off the strand.
#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "proto/types/limits.h"
#include "transfer/core/merkle.h"
#include "transfer/host/download_job.h"

namespace shoal::transfer {
namespace {

constexpr std::chrono::milliseconds kReportPause{200};  // as DownloadHooks::on_change says

// Tells bytes that a disk spoiled; nobody is kept from making two pieces with one mark.
DownloadJob::Mark mark_of(std::span<const std::uint8_t> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

}  // namespace

void DownloadJob::hash(std::uint32_t piece) {
  on_work([piece, buffer = buffers_.at(piece), layout = core_.layout()](DownloadJob& job) {
    const Hash256 got = piece_hash(buffer->all(), layout);
    const Mark mark = mark_of(buffer->all());
    job.on_strand([piece, got, mark](DownloadJob& back) {
      if (got == back.core_.layer()[piece]) back.marks_.insert_or_assign(piece, mark);
      back.core_.on_hashed(piece, got, back.effects_);
      back.run();
    });
  });
}

void DownloadJob::write(std::uint32_t piece) {
  auto buffer = buffers_.at(piece);  // kept until it is written: a full disk is tried again
  // On the disk's own strand: a failed sync reopens the file, which no write may see half done.
  boost::asio::post(disk_, [self = shared_from_this(), part = part_, piece, buffer,
                            offset = core_.layout().offset(piece)] {
    auto done = part->write(offset, buffer->all());
    self->on_strand([piece, done](DownloadJob& job) {
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
  // Read in the row of what is done to the disk, judged beside it.
  boost::asio::post(
      disk_, [self = shared_from_this(), part = part_, piece, mark, layout = core_.layout()] {
        PieceBytes bytes(layout.size(piece));
        const bool read = part->read(layout.offset(piece), bytes.all()).has_value();
        self->on_work([piece, layout, mark, read,
                       bytes = std::make_shared<PieceBytes>(std::move(bytes))](DownloadJob& job) {
          const bool same = read && mark && *mark == mark_of(bytes->all());
          std::optional<Hash256> got;
          if (read && !same) got = piece_hash(bytes->all(), layout);
          job.on_strand([piece, same, got](DownloadJob& back) {
            const auto hash = same ? std::optional(back.core_.layer()[piece]) : got;
            back.core_.on_checked(piece, hash, back.effects_);
            back.run();
          });
        });
      });
}

void DownloadJob::sync() {
  boost::asio::post(disk_, [self = shared_from_this(), part = part_] {
    auto done = part->sync();
    Result<void> again;
    if (!done) again = part->reopen();
    self->on_strand([done, again](DownloadJob& job) {
      if (!done) job.disk_error_ = done.error();
      job.core_.on_synced(done.has_value(), job.now(), job.effects_);
      if (!again) job.core_.on_trouble(again.error().code, job.effects_);
      job.run();
    });
  });
}

void DownloadJob::append(std::string record) {
  boost::asio::post(disk_, [self = shared_from_this(), part = part_, record = std::move(record)] {
    // A full disk: the record waits in the part file for the next one.
    if (auto done = part->append(record); !done && done.error().code != Errc::kNoSpace) {
      self->on_strand([error = done.error()](DownloadJob& job) {
        job.disk_error_ = error;
        job.core_.on_trouble(error.code, job.effects_);
        job.run();
      });
    }
  });
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
  if (std::exchange(over_, true)) return;
  sync_timer_.cancel();
  seek_timer_.cancel();
  widen_timer_.cancel();
  report_timer_.cancel();
  for (auto& [ref, source] : sources_) {
    if (source.link) source.link->close();
  }
  buffers_.clear();
  // Behind all that is still queued for the disk; then the files are closed and the lock is free.
  boost::asio::post(disk_, [self = shared_from_this(), state, error, path] {
    if (self->cancelled_ && state != DownloadState::kDone && self->part_) self->part_->remove();
    self->part_.reset();
    self->on_strand([state, error, path](DownloadJob& job) {
      {
        const std::lock_guard lock(job.mutex_);
        job.status_.state = state;
        job.status_.error = error;
        job.status_.path = path;
        job.status_.sources = 0;
        job.status_.bytes_wasted = job.core_.bytes_wasted();
        job.status_.bytes_done =
            state == DownloadState::kDone ? job.request_.content.length : job.core_.bytes_done();
      }
      std::exchange(job.ended_, {})();  // it holds the table that holds us
      if (job.hooks_->on_change) job.hooks_->on_change(job.status());
    });
  });
}

void DownloadJob::report_later() {
  if (std::exchange(report_late_, true)) return;
  report_timer_.expires_at(reported_ + kReportPause);
  report_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->over_) return;
    self->report_late_ = false;
    self->report(true);
  });
}

void DownloadJob::report(bool always) {
  const auto at = std::chrono::steady_clock::now();
  DownloadStatus copy;
  {
    const std::lock_guard lock(mutex_);
    DownloadState state = DownloadState::kFetching;
    if (core_.phase() == Download::Phase::kLastCheck) state = DownloadState::kChecking;
    if (core_.phase() < Download::Phase::kLastCheck && seeking_) state = DownloadState::kSeeking;
    if (core_.waits_for_room()) state = DownloadState::kPaused;
    if (state == DownloadState::kPaused) {
      status_.error = disk_error_;
      status_.error->next = "free some space: the download goes on by itself";
    } else if (status_.state == DownloadState::kPaused) {
      status_.error.reset();
    }
    always = always || state != status_.state;
    status_.state = state;
    status_.bytes_done = core_.bytes_done();
    status_.bytes_found = core_.bytes_found();
    status_.bytes_wasted = core_.bytes_wasted();
    status_.sources = static_cast<std::uint32_t>(
        std::ranges::count_if(sources_, [](const auto& one) { return one.second.described; }));
    if (!always && at - reported_ < kReportPause) return report_later();
    reported_ = at;
    copy = status_;
  }
  if (hooks_->on_change) hooks_->on_change(copy);
}

}  // namespace shoal::transfer
