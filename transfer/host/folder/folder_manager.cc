// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/folder/folder_manager.h"

#include <algorithm>
#include <utility>

#include "proto/types/limits_folders.h"
#include "transfer/host/disk/files.h"
#include "transfer/host/folder/folder_table.h"

namespace shoal::transfer {

FolderManager::FolderManager(boost::asio::any_io_executor io, boost::asio::any_io_executor work,
                             DownloadHooks hooks, TransferTimes times, OnEnded on_ended)
    : state_(std::make_shared<State>()) {
  state_->tell_ended = std::move(on_ended);
  state_->parts = {std::move(io), std::move(work), std::move(hooks), times};
}

FolderManager::~FolderManager() {
  stop({});
  // Those that are paused never end, and would hold the table that holds them.
  const std::lock_guard lock(state_->mutex);
  state_->held.clear();
  std::erase_if(state_->jobs,
                [&](const auto& one) { return !state_->running.contains(one.first); });
}

Result<std::uint64_t> FolderManager::start(FolderRequest request) {
  if (request.content.length > limits::kListingBytes) {
    return fail(Errc::kTooLarge, "that is no folder", "no folder's list is that long",
                "fetch it as a file");
  }
  auto selection = Selection::make(request.only);
  if (!selection) return tl::unexpected<Error>(selection.error());
  auto folder = folder_to_fetch_into(request.folder);
  if (!folder) return tl::unexpected<Error>(folder.error());
  request.folder = std::move(*folder);
  request.id = 0;
  request.must_fit = true;
  const bool list_only = request.list_only;
  std::unique_lock lock(state_->mutex);
  const auto id = state_->begin(std::move(request));
  if (!id || !list_only || !state_->held.contains(*id)) return id;
  // It is paused. Its list is read while others are asked for their states.
  const std::shared_ptr<FolderJob> paused = state_->jobs.at(*id);
  lock.unlock();
  if (auto shown = paused->show_files(); !shown) return tl::unexpected<Error>(shown.error());
  lock.lock();
  const auto now = state_->jobs.find(*id);
  if (now != state_->jobs.end() && now->second == paused) state_->keep_files(*id);
  return id;
}

Result<void> FolderManager::cancel(std::uint64_t id) {
  const std::lock_guard lock(state_->mutex);
  const auto job = state_->unended(id, "cancel", true);
  if (!job) return tl::unexpected<Error>(job.error());
  if (state_->running.contains(id)) {
    state_->then[id] = State::Then::kCancel;
  } else {
    const auto other = state_->living((*job)->request());
    if (other && *other != id) {
      return fail(Errc::kConflict, "cannot cancel the download",
                  "it failed, and goes on as f" + std::to_string(*other), "cancel that one");
    }
    // It fetches nothing, so it needs no place among those that do.
    if (auto may = state_->may_begin(); !may) return may;
    state_->launch(again(**job));
  }
  state_->jobs.at(id)->stop(FolderJob::Halt::kCancelled);
  return {};
}

Result<void> FolderManager::pause(std::uint64_t id) {
  const std::lock_guard lock(state_->mutex);
  const auto job = state_->unended(id, "pause", false);
  if (!job) return tl::unexpected<Error>(job.error());
  if (state_->held.contains(id)) return {};
  if ((*job)->request().list_only) {
    return fail(Errc::kConflict, "cannot pause it", "only its list is fetched", "cancel it");
  }
  if (state_->held.size() >= limits::kFoldersPaused) {
    return fail(Errc::kOverloaded, "cannot pause it", "too many folders are paused",
                "resume or cancel one of them");
  }
  if (const auto wish = state_->then.find(id);
      wish != state_->then.end() && wish->second == State::Then::kGoOn) {
    state_->then.erase(wish);
  }
  (*job)->stop(FolderJob::Halt::kPaused);
  return {};
}

Result<void> FolderManager::go_on(std::uint64_t id) {
  const std::lock_guard lock(state_->mutex);
  const auto job = state_->unended(id, "go on with", true);
  if (!job) return tl::unexpected<Error>(job.error());
  if (state_->held.contains(id)) {
    if (auto room = state_->room_for_one(); !room) return room;
    state_->launch(again(**job));
    return {};
  }
  if (state_->running.contains(id)) {
    state_->then.try_emplace(id, State::Then::kGoOn);
    return {};
  }
  // One that failed: under its number, unless the folder is on its way under another.
  FolderRequest request = again(**job);
  const std::shared_ptr<FolderJob> failed = *job;
  state_->jobs.erase(id);
  const auto begun = state_->begin(std::move(request));
  if (!begun || *begun != id) state_->jobs.emplace(id, failed);
  if (!begun) return tl::unexpected<Error>(begun.error());
  return {};
}

void FolderManager::remember(std::vector<FolderStatus> ended) {
  const std::lock_guard lock(state_->mutex);
  for (FolderStatus& one : ended) {
    const std::uint64_t id = one.id;
    state_->next_id = std::max(state_->next_id, id + 1);
    if (!state_->jobs.contains(id)) state_->past.emplace(id, std::move(one));
  }
  state_->forget_old();
}

Result<FolderStatus> FolderManager::status(std::uint64_t id) const {
  const std::lock_guard lock(state_->mutex);
  if (const auto old = state_->past.find(id); old != state_->past.end()) return old->second;
  const auto found = state_->jobs.find(id);
  if (found == state_->jobs.end()) return fail(Errc::kNotFound, "no such download of a folder");
  return found->second->status();
}

std::vector<FolderStatus> FolderManager::list() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<FolderStatus> all;
  for (const auto& [id, old] : state_->past) all.push_back(old);
  for (const auto& [id, job] : state_->jobs) all.push_back(job->status());
  std::ranges::sort(all, {}, &FolderStatus::id);
  return all;
}

Result<std::vector<FolderFile>> FolderManager::files(std::uint64_t id, std::size_t from,
                                                     std::size_t limit) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->jobs.find(id);
  if (found == state_->jobs.end() && state_->past.contains(id)) {
    return fail(Errc::kNotFound, "the folder's list is not here", "it is not kept over a restart",
                "shoal get ID --list");
  }
  if (found == state_->jobs.end()) return fail(Errc::kNotFound, "no such download of a folder");
  auto files = found->second->files(from, limit);
  if (files) return std::move(*files);
  return fail(Errc::kNotFound, "the folder's list is not here",
              "it is not fetched yet, or not kept any more", "shoal get ID --list");
}

Result<std::shared_ptr<ServedFile>> FolderManager::open_running(const ContentId& content) const {
  for (const auto& job : state_->jobs_that(
           [](State&state, std::uint64_t id) { return state.running.contains(id); })) {
    if (auto file = job->served(content)) return file;
  }
  return fail(Errc::kNotFound, "not being fetched here");
}

std::optional<LocalCopy> FolderManager::find_staged(const ContentId& content) const {
  for (const auto& job : state_->jobs_that([](State&, std::uint64_t) { return true; })) {
    if (auto copy = job->copy_of(content)) return copy;
  }
  return std::nullopt;
}

void FolderManager::stop(std::function<void()> stopped) {
  const std::lock_guard lock(state_->mutex);
  state_->stopping = true;
  if (state_->running.empty()) {
    if (stopped) boost::asio::post(state_->parts.io, std::move(stopped));
    return;
  }
  if (stopped) state_->stopped = std::move(stopped);
  for (const std::uint64_t id : state_->running) {
    state_->jobs.at(id)->stop(FolderJob::Halt::kProcessEnds);
  }
}

}  // namespace shoal::transfer
