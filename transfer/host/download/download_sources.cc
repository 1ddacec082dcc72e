// SPDX-License-Identifier: Apache-2.0
// Whom a download fetches from: sources taken, dialled, lost and looked for.
#include <algorithm>
#include <utility>

#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "transfer/host/download/download_job.h"

namespace shoal::transfer {

void DownloadJob::take_source(SourceInfo info, const std::string& key_pem) {
  const auto same = std::ranges::find_if(
      sources_, [&](const auto& entry) { return entry.second.info.peer == info.peer; });
  auto meter = std::make_shared<Meter>();  // what came from it counts on
  if (same != sources_.end()) {
    if (same->second.set_aside || same->second.stalled || same->second.link) return;
    meter = same->second.meter;
    sources_.erase(same);  // refs are never reused: it comes back under a new one
  } else if (sources_.size() - (twin_ ? 1 : 0) >= limits::kSourcesKnown) {
    const auto lost = std::ranges::find_if(
        sources_, [](const auto& entry) { return !entry.second.set_aside && !entry.second.link; });
    if (lost == sources_.end()) return;
    sources_.erase(lost);
  }
  sources_[SourceRef{refs_++}] = {
      .info = std::move(info), .key_pem = key_pem, .meter = std::move(meter)};
}

void DownloadJob::take_sources(std::vector<SourceInfo> sources, const std::string& key_pem) {
  for (auto& info : sources) take_source(std::move(info), key_pem);
}

void DownloadJob::add_sources(std::vector<SourceInfo> sources, std::string key_pem) {
  on_strand([sources = std::move(sources), key = std::move(key_pem)](DownloadJob& job) {
    if (job.over_) return;
    if (!job.part_) return job.take_sources(sources, key);  // dialled with the others
    const bool news = std::ranges::any_of(sources, [&](const SourceInfo& info) {
      return std::ranges::none_of(job.sources_, [&](const auto& entry) {
        return entry.second.info.peer == info.peer && entry.second.link;
      });
    });
    if (news) job.append(job.part_->records().sources(sources, key));
    job.take_sources(sources, key);
    job.dial_all();
    job.run();
  });
}

void DownloadJob::on_reader(std::uint64_t reader, std::optional<std::uint64_t> offset) {
  on_strand([reader, offset](DownloadJob& job) {
    if (job.over_ || !job.part_) return;
    job.core_.on_reader(reader, offset, job.effects_);
    job.run();
  });
}

void DownloadJob::dial_all() {
  std::vector<SourceRef> refs;
  for (const auto& [ref, source] : sources_) {
    if (!source.link && !source.set_aside && !source.edited && !source.stalled &&
        source.endpoint < source.info.endpoints.size()) {
      refs.push_back(ref);
    }
  }
  for (const SourceRef ref : refs) dial(ref);
}

void DownloadJob::dial(SourceRef ref) {
  Source& source = sources_.at(ref);
  while (source.endpoint < source.info.endpoints.size()) {
    if (ref != twin_) {  // else as its first stream: we are one to that peer
      source.as_friend = !source.by_key && !source.key_pem.empty() && hooks_->is_linked &&
                         hooks_->is_linked(source.info.peer);
    }
    auto route = hooks_->connect(source.info.endpoints[source.endpoint], source.info.peer,
                                 source.as_friend ? std::string() : source.key_pem);
    if (!route) {
      ++source.endpoint;
      source.why = route.error().why;
      const std::lock_guard lock(mutex_);
      details_.status.error = route.error();
      continue;
    }
    if (source.grpc_only || request_.content.length < limits::kDirectBytes) route->direct.reset();
    std::weak_ptr<DownloadJob> weak = weak_from_this();
    source.link = SourceLink::start(std::move(*route), strand_,
                                    {[weak, ref](const Parts& message) {
                                       if (auto job = weak.lock()) job->on_message(ref, message);
                                     },
                                     [weak, ref](const grpc::Status& status) {
                                       if (auto job = weak.lock()) job->on_link_end(ref, status);
                                     }},
                                    times_.silence);
    ask_content(ref);
    source.link->next();
    return;
  }
}

void DownloadJob::ask_content(SourceRef ref) {
  ::shoal::v1::FetchRequest request;
  const auto& root = request_.content.root.bytes;
  request.mutable_content()->set_root(root.data(), root.size());
  request.mutable_content()->set_length(request_.content.length);
  request.set_spare(ref == twin_);
  ask(ref, request);
}

// Longer ones are cut when they become names of files.
void DownloadJob::hear_name(const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::string& called = details_.status.called;
  if (called.empty()) called = name.substr(0, limits::kFileNameMax + 1);
}

void DownloadJob::on_queued(SourceRef ref, const ::shoal::v1::Queued& queued) {
  Source& source = sources_.at(ref);
  const bool turn_over = queued.position() == 0;
  if (turn_over != source.described) return drop(ref, Fault::kUnasked);
  if (left_to_other(ref)) return;
  if (!turn_over) {
    source.place = {queued.position(), queued.eta_ms()};
    return report(true);
  }
  source.described = false;
  source.place = {0, 0};
  core_.on_source_gone(ref, effects_);
  // Also while the disk is full: the queue takes longer.
  if (core_.phase() < Download::Phase::kLastCheck) ask_content(ref);
}

void DownloadJob::found() {
  seeking_ = false;
  seek_pause_ = times_.seek_pause_min;
  seek_timer_.cancel();
}

void DownloadJob::seek() {
  if (std::exchange(seeking_, true)) return;
  report(true);
  // Those that are being dialled may still come up; then the timer is cancelled.
  const bool at_once = sources_.empty() && !std::exchange(sought_, true);
  seek_timer_.expires_after(at_once ? std::chrono::milliseconds(0) : seek_pause_);
  seek_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (error || self->over_ || self->halt_ != Halt::kNone) return;
    self->seeking_ = false;
    self->seek_pause_ = std::min(self->seek_pause_ * 2, self->times_.seek_pause_max);
    self->look_around();
    self->seek();
  });
}

void DownloadJob::widen() {
  if (std::exchange(widening_, true)) return;
  widen_timer_.expires_after(widen_pause_);
  widen_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->over_ || self->halt_ != Halt::kNone) return;
    self->widening_ = false;
    self->widen_pause_ = std::min(self->widen_pause_ * 2, self->times_.widen_pause_max);
    // Without a source seek() looks, and without a need nobody does.
    if (!self->seeking_ && self->needs_bytes() && self->peers_up() < limits::kDownloadSources) {
      self->look_around();
    }
    self->widen();
  });
}

void DownloadJob::look_around() {
  std::vector<std::pair<SourceInfo, std::string>> lost;
  for (auto& [ref, source] : sources_) {
    if (source.link || source.set_aside || source.edited) continue;
    if (!source.stalled) lost.emplace_back(source.info, source.key_pem);
    // Better one that may have come to itself than none.
    if (core_.starved()) source.stalled.reset();
  }
  for (auto& [info, key] : lost) take_source(std::move(info), key);
  dial_all();
  if (!hooks_->find_sources) return;
  hooks_->find_sources(request_.content, [weak = weak_from_this()](std::vector<SourceInfo> found,
                                                                   std::string key_pem) {
    if (const auto job = weak.lock()) job->add_sources(std::move(found), std::move(key_pem));
  });
}

bool DownloadJob::needs_bytes() const {
  return !core_.waits_for_room() && core_.phase() < Download::Phase::kLastCheck;
}

}  // namespace shoal::transfer
