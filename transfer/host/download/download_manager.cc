// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/download/download_manager.h"

#include <algorithm>
#include <utility>

#include "proto/types/limits.h"
#include "transfer/host/disk/files.h"
#include "transfer/host/download/download_table.h"

namespace shoal::transfer {

DownloadManager::DownloadManager(boost::asio::any_io_executor io, boost::asio::any_io_executor work,
                                 DownloadHooks hooks, TransferTimes times)
    : state_(std::make_shared<State>()) {
  state_->io = std::move(io);
  state_->work = std::move(work);
  state_->hooks = std::make_shared<const DownloadHooks>(std::move(hooks));
  state_->times = times;
}

DownloadManager::~DownloadManager() { stop({}); }

Result<std::uint64_t> DownloadManager::start(DownloadRequest request) {
  if (request.content.length > limits::kFileBytesMax) {
    return fail(Errc::kTooLarge, "cannot fetch that", "no file is that long");
  }
  auto folder = folder_to_fetch_into(request.folder);
  if (!folder) return tl::unexpected<Error>(folder.error());
  request.folder = std::move(*folder);
  request.id = 0;
  const std::lock_guard lock(state_->mutex);
  return state_->begin(std::move(request), true);
}

void DownloadManager::add_sources(std::uint64_t id, std::vector<SourceInfo> sources,
                                  std::string key_pem) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->jobs.find(id);
  if (found == state_->jobs.end()) return;
  found->second->add_sources(std::move(sources), std::move(key_pem));
}

void DownloadManager::on_reader(const ContentId& content, std::uint64_t reader,
                                std::optional<std::uint64_t> offset) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->running.find(content);
  if (found != state_->running.end()) state_->jobs.at(found->second)->on_reader(reader, offset);
}

Result<void> DownloadManager::cancel(std::uint64_t id) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->jobs.find(id);
  const bool past = state_->past.contains(id);
  if (found == state_->jobs.end() && !past) return fail(Errc::kNotFound, "no such download");
  const auto status = past ? state_->past.at(id) : found->second->status();
  if (past || status.state >= DownloadState::kDone) {
    return fail(Errc::kConflict, "cannot cancel the download", "it has ended");
  }
  if (state_->held.contains(status.content)) {
    state_->launch(again(status));
  } else {
    state_->then[id] = State::Then::kCancel;
  }
  state_->jobs.at(id)->stop(DownloadJob::Halt::kCancelled);
  return {};
}

Result<void> DownloadManager::pause(std::uint64_t id) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->jobs.find(id);
  const bool past = state_->past.contains(id);
  if (found == state_->jobs.end() && !past) return fail(Errc::kNotFound, "no such download");
  if (past || found->second->status().state >= DownloadState::kDone) {
    return fail(Errc::kConflict, "cannot pause the download", "it has ended");
  }
  if (const auto wish = state_->then.find(id);
      wish != state_->then.end() && wish->second == State::Then::kGoOn) {
    state_->then.erase(wish);
  }
  found->second->stop(DownloadJob::Halt::kPaused);
  return {};
}

Result<void> DownloadManager::go_on(std::uint64_t id) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->jobs.find(id);
  const bool past = state_->past.contains(id);
  if (found == state_->jobs.end() && !past) return fail(Errc::kNotFound, "no such download");
  const auto status = past ? state_->past.at(id) : found->second->status();
  if (status.state > DownloadState::kFailed || status.state == DownloadState::kDone) {
    return fail(Errc::kConflict, "cannot go on with the download", "it has ended");
  }
  if (status.state == DownloadState::kFailed) {
    // Under its number, unless the content is on its way under another.
    if (!state_->running.contains(status.content) && !state_->held.contains(status.content)) {
      state_->past.erase(id);
      state_->jobs.erase(id);
    }
  }
  auto begun = state_->begin(again(status), true);
  if (!begun && status.state == DownloadState::kFailed) state_->past.emplace(id, status);
  if (!begun) return tl::unexpected<Error>(begun.error());
  return {};
}

void DownloadManager::remember(std::vector<DownloadStatus> ended) {
  const std::lock_guard lock(state_->mutex);
  for (auto& one : ended) {
    const std::uint64_t id = one.id;
    state_->next_id = std::max(state_->next_id, id + 1);
    if (!state_->jobs.contains(id)) state_->past.emplace(id, std::move(one));
  }
  state_->forget_old();
}

Result<DownloadStatus> DownloadManager::status(std::uint64_t id) const {
  const std::lock_guard lock(state_->mutex);
  if (const auto old = state_->past.find(id); old != state_->past.end()) return old->second;
  const auto found = state_->jobs.find(id);
  if (found == state_->jobs.end()) return fail(Errc::kNotFound, "no such download");
  return found->second->status();
}

Result<DownloadDetails> DownloadManager::details(std::uint64_t id) const {
  const std::lock_guard lock(state_->mutex);
  if (const auto found = state_->jobs.find(id); found != state_->jobs.end()) {
    return found->second->details();
  }
  const auto old = state_->past.find(id);
  if (old == state_->past.end()) return fail(Errc::kNotFound, "no such download");
  DownloadDetails out;
  out.status = old->second;
  const Layout layout(out.status.content.length);
  out.piece_length = layout.piece_length;
  out.here = PieceMap(layout.pieces);
  out.maps.resize(out.status.from.size());
  return out;
}

Result<std::shared_ptr<ServedFile>> DownloadManager::open_running(const ContentId& content) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->running.find(content);
  if (found != state_->running.end()) {
    if (auto file = state_->jobs.at(found->second)->served()) return file;
  }
  return fail(Errc::kNotFound, "not being fetched here");
}

Result<LocalCopy> DownloadManager::open_done(const ContentId& content) const {
  std::vector<std::shared_ptr<DownloadJob>> done;
  {
    const std::lock_guard lock(state_->mutex);
    for (const auto& [id, job] : state_->jobs) {
      const DownloadStatus status = job->status();
      if (status.content == content && status.state == DownloadState::kDone) done.push_back(job);
    }
  }
  for (const auto& job : done) {
    if (auto file = job->placed()) return LocalCopy{std::move(*file), job->status().path};
  }
  return fail(Errc::kNotFound, "not fetched here");
}

bool DownloadManager::fetches(const ContentId& content) const {
  const std::lock_guard lock(state_->mutex);
  return state_->running.contains(content);
}

std::vector<DownloadStatus> DownloadManager::list() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<DownloadStatus> all;
  for (const auto& [id, old] : state_->past) all.push_back(old);
  for (const auto& [id, job] : state_->jobs) all.push_back(job->status());
  std::ranges::sort(all, {}, &DownloadStatus::id);
  return all;
}

void DownloadManager::stop(std::function<void()> stopped) {
  const std::lock_guard lock(state_->mutex);
  state_->stopping = true;
  if (state_->running.empty()) {
    if (stopped) boost::asio::post(state_->io, std::move(stopped));
    return;
  }
  if (stopped) state_->stopped = std::move(stopped);
  for (const auto& [content, id] : state_->running)
    state_->jobs.at(id)->stop(DownloadJob::Halt::kProcessEnds);
}

}  // namespace shoal::transfer
