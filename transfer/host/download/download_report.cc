// SPDX-License-Identifier: Apache-2.0
// What a download tells about itself.
#include <algorithm>
#include <utility>

#include "transfer/host/download/download_job.h"

namespace shoal::transfer {
namespace {

constexpr std::chrono::milliseconds kReportPause{200};  // as DownloadHooks::on_change says

std::uint64_t ms_of(Duration time) {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::floor<std::chrono::milliseconds>(time).count()));
}

std::string stall_words(const SourceStatus::Stall& stall) {
  const std::string silence = "nothing came for " + std::to_string(stall.silent_ms / 1000) + " s, ";
  if (stall.again_ms == 0) return silence + "waited for: nobody else sends what is missing";
  return silence + "asked again in " + std::to_string((stall.again_ms + 999) / 1000) + " s";
}

}  // namespace

std::string_view to_text(DownloadState state) {
  switch (state) {
    case DownloadState::kPreparing:
      return "preparing";
    case DownloadState::kSeeking:
      return "seeking";
    case DownloadState::kQueued:
      return "queued";
    case DownloadState::kFetching:
      return "fetching";
    case DownloadState::kPaused:
    case DownloadState::kHeld:
      return "paused";
    case DownloadState::kChecking:
      return "checking";
    case DownloadState::kDone:
      return "done";
    case DownloadState::kFailed:
      return "failed";
    case DownloadState::kCancelled:
      return "cancelled";
    case DownloadState::kStopped:
      return "stopped";
  }
  return "";
}

std::string_view to_text(SourceStatus::State state) {
  switch (state) {
    case SourceStatus::State::kDialled:
      return "dialled";
    case SourceStatus::State::kQueued:
      return "queued";
    case SourceStatus::State::kUp:
      return "up";
    case SourceStatus::State::kLost:
      return "lost";
    case SourceStatus::State::kSetAside:
      return "set aside";
    case SourceStatus::State::kStalled:
      return "stalled";
  }
  return "";
}

std::int64_t DownloadJob::busy_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               began_)
      .count();
}

// Rates fall while nothing happens, so they are of the moment when somebody asks.
DownloadStatus DownloadJob::measured() const {
  DownloadStatus status = details_.status;
  if (over_) return status;
  const Instant at = now();
  status.rate = meter_seen_.rate(at);
  for (std::size_t i = 0; i < status.from.size(); ++i) {
    SourceStatus& one = status.from[i];
    if (one.state == SourceStatus::State::kUp) one.rate = seen_[i].meter.rate(at);
    const auto since = seen_[i].silent_since;
    if (!since || (!seen_[i].again && at - *since < times_.stall_time)) continue;
    one.state = SourceStatus::State::kStalled;
    one.stall = SourceStatus::Stall{ms_of(at - *since), 0};
    if (seen_[i].again)
      one.stall->again_ms = std::max<std::uint64_t>(1, ms_of(*seen_[i].again - at));
    one.why = stall_words(*one.stall);
  }
  return status;
}

DownloadStatus DownloadJob::status() const {
  const std::lock_guard lock(mutex_);
  return measured();
}

DownloadDetails DownloadJob::details() const {
  const std::lock_guard lock(mutex_);
  DownloadDetails out = details_;
  out.status = measured();
  return out;
}

std::shared_ptr<ServedFile> DownloadJob::served() const {
  const std::lock_guard lock(mutex_);
  return over_ ? nullptr : shelf_;
}

void DownloadJob::lie_held(const PieceMap& here) {
  const std::lock_guard lock(mutex_);
  over_ = true;
  ended_ = {};  // nobody will hear of it, and it holds the table that holds us
  details_.status.state = DownloadState::kHeld;
  details_.here = here;
  for (auto piece = here.next(0); piece; piece = here.next(*piece + 1)) {
    details_.status.bytes_done += core_.layout().size(*piece);
  }
  details_.status.bytes_found = details_.status.bytes_done;
}

void DownloadJob::note_sources() {
  details_.status.from.clear();
  details_.maps.clear();
  seen_.clear();
  meter_seen_ = meter_;
  for (const auto& [ref, source] : sources_) {
    if (ref == twin_) continue;
    SourceStatus one;
    one.peer = source.info.peer;
    one.bytes = source.meter->bytes();
    one.why = source.why;
    std::optional<PieceMap> map;
    Seen seen{*source.meter};
    if (source.set_aside || source.edited) {
      one.state = SourceStatus::State::kSetAside;
    } else if (source.stalled) {
      one.state = SourceStatus::State::kStalled;
      seen.silent_since = source.stalled->since;
      seen.again = source.stalled->again;
    } else if (source.described) {
      one.state = SourceStatus::State::kUp;
      map = core_.pieces_of(ref);
      one.pieces = map ? map->count() : core_.layout().pieces;
      seen.silent_since = core_.silent_since(ref);
    } else if (source.place) {
      one.state = SourceStatus::State::kQueued;
      one.place = source.place;
    } else if (!source.link) {
      one.state = SourceStatus::State::kLost;
    }
    details_.status.from.push_back(std::move(one));
    details_.maps.push_back(std::move(map));
    seen_.push_back(std::move(seen));
  }
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
    const bool waits =
        std::ranges::any_of(sources_, [](const auto& s) { return s.second.place.has_value(); });
    const bool served =
        std::ranges::any_of(sources_, [](const auto& s) { return s.second.described; });
    if (core_.phase() < Download::Phase::kLastCheck && waits && !served) {
      state = DownloadState::kQueued;
    }
    if (core_.waits_for_room()) state = DownloadState::kPaused;
    if (state == DownloadState::kPaused) {
      details_.status.error = disk_error_;
      details_.status.error->next = "free some space: the download goes on by itself";
    } else if (details_.status.state == DownloadState::kPaused) {
      details_.status.error.reset();
    }
    always = always || state != details_.status.state;
    details_.status.state = state;
    details_.status.bytes_done = core_.bytes_done();
    details_.status.bytes_found = core_.bytes_found();
    details_.status.bytes_wasted = core_.bytes_wasted();
    details_.status.busy_ms = busy_ms();
    details_.here = core_.here();
    note_sources();
    details_.status.sources = static_cast<std::uint32_t>(peers_up());
    if (!always && at - reported_ < kReportPause) return report_later();
    reported_ = at;
    copy = measured();
  }
  if (hooks_->on_change) hooks_->on_change(copy);
}

}  // namespace shoal::transfer
