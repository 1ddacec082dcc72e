// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/download_manager.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include "proto/types/limits.h"
#include "transfer/host/download_job.h"

namespace shoal::transfer {

struct DownloadManager::State {
  boost::asio::any_io_executor io;
  boost::asio::any_io_executor work;
  std::shared_ptr<const DownloadHooks> hooks;
  std::mutex mutex;  ///< guards what follows
  std::map<std::uint64_t, std::shared_ptr<DownloadJob>> jobs;
  std::map<ContentId, std::uint64_t> running;
  std::uint64_t next_id = 1;
  bool stopping = false;
  std::function<void()> stopped;

  void forget_old() {
    while (jobs.size() > limits::kDownloadsRemembered) {
      const auto old = std::ranges::find_if(jobs, [&](const auto& entry) {
        return std::ranges::none_of(running,
                                    [&](const auto& one) { return one.second == entry.first; });
      });
      if (old == jobs.end()) return;
      jobs.erase(old);
    }
  }
};

std::string_view to_text(DownloadState state) {
  switch (state) {
    case DownloadState::kPreparing:
      return "preparing";
    case DownloadState::kSeeking:
      return "seeking";
    case DownloadState::kFetching:
      return "fetching";
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

DownloadManager::DownloadManager(boost::asio::any_io_executor io, boost::asio::any_io_executor work,
                                 DownloadHooks hooks)
    : state_(std::make_shared<State>()) {
  state_->io = std::move(io);
  state_->work = std::move(work);
  state_->hooks = std::make_shared<const DownloadHooks>(std::move(hooks));
}

DownloadManager::~DownloadManager() { stop({}); }

Result<std::uint64_t> DownloadManager::start(DownloadRequest request) {
  if (request.content.length > limits::kFileBytesMax) {
    return fail(Errc::kTooLarge, "cannot fetch that", "no file is that long");
  }
  std::error_code error;
  const auto folder = std::filesystem::canonical(request.folder, error);
  if (error || !std::filesystem::is_directory(folder, error)) {
    return fail(Errc::kInvalidArgument, "cannot fetch into " + request.folder,
                "it is no folder that exists", "make it first, or name another");
  }
  request.folder = folder.string();
  const std::lock_guard lock(state_->mutex);
  if (state_->stopping) return fail(Errc::kCancelled, "cannot fetch now", "the peer is stopping");
  if (const auto same = state_->running.find(request.content); same != state_->running.end()) {
    state_->jobs.at(same->second)->add_sources(std::move(request.sources), request.key_pem);
    return same->second;
  }
  if (state_->running.size() >= limits::kDownloadsMax) {
    return fail(Errc::kOverloaded, "cannot fetch now", "too many downloads are running",
                "wait for one to end");
  }
  const std::uint64_t id = state_->next_id++;
  const ContentId content = request.content;
  auto ended = [state = state_, content] {
    std::function<void()> stopped;
    {
      const std::lock_guard held(state->mutex);
      state->running.erase(content);
      state->forget_old();
      if (state->running.empty()) stopped = std::exchange(state->stopped, {});
    }
    if (stopped) boost::asio::post(state->io, stopped);
  };
  auto job = std::make_shared<DownloadJob>(id, state_->io, state_->work, state_->hooks,
                                           std::move(request), std::move(ended));
  state_->jobs.emplace(id, job);
  state_->running.emplace(content, id);
  job->start();
  return id;
}

std::size_t DownloadManager::resume(const std::string& folder) {
  std::size_t taken = 0;
  auto top = open_folder(folder);
  if (!top) return 0;
  auto parts = open_beneath(*top, ".part", O_RDONLY | O_DIRECTORY);
  if (!parts) return 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/.part", error)) {
    if (entry.path().extension() != ".journal") continue;
    auto file = open_beneath(*parts, entry.path().filename().string(), O_RDONLY);
    if (!file) continue;
    const auto size = entry.file_size(error);
    if (error || size > limits::kJournalBytes) continue;
    std::string text(size, '\0');
    if (!read_at(*file, 0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()})) continue;
    auto found = read_journal(text);
    if (!found.request) continue;
    found.request->folder = folder;
    if (start(std::move(*found.request))) ++taken;
  }
  return taken;
}

Result<void> DownloadManager::cancel(std::uint64_t id) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->jobs.find(id);
  if (found == state_->jobs.end()) return fail(Errc::kNotFound, "no such download");
  if (found->second->status().state >= DownloadState::kDone) {
    return fail(Errc::kConflict, "cannot cancel the download", "it has ended");
  }
  found->second->stop(true);
  return {};
}

Result<DownloadStatus> DownloadManager::status(std::uint64_t id) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->jobs.find(id);
  if (found == state_->jobs.end()) return fail(Errc::kNotFound, "no such download");
  return found->second->status();
}

std::vector<DownloadStatus> DownloadManager::list() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<DownloadStatus> all;
  for (const auto& [id, job] : state_->jobs) all.push_back(job->status());
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
  for (const auto& [content, id] : state_->running) state_->jobs.at(id)->stop(false);
}

}  // namespace shoal::transfer
