// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/download_manager.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "transfer/host/download_job.h"
#include "transfer/host/files.h"
#include "transfer/host/part_file.h"

namespace shoal::transfer {

struct DownloadManager::State {
  boost::asio::any_io_executor io;
  boost::asio::any_io_executor work;
  std::shared_ptr<const DownloadHooks> hooks;
  TransferTimes times;
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

namespace {

// A part file without a journal is of no use to anybody: its download was cancelled, or began in
// the moment of a crash.
void forget_orphan(const std::string& folder, const std::string& name) {
  const auto id = parse_content_id(name.substr(0, name.size() - std::string_view(".part").size()));
  if (!id || part_name(*id) != name) return;  // not ours
  const auto disk = open_disk(folder);
  if (!disk || (*disk)->has_part(journal_name(*id))) return;
  // Alone, so that nobody begins with it meanwhile.
  const auto journal = (*disk)->open_alone(journal_name(*id));
  if (!journal) return;
  const auto size = (*journal)->size();
  if (!size || *size != 0) return;
  (*disk)->remove_part(name);
  (*disk)->remove_part(journal_name(*id));
}

}  // namespace

std::string_view to_text(DownloadState state) {
  switch (state) {
    case DownloadState::kPreparing:
      return "preparing";
    case DownloadState::kSeeking:
      return "seeking";
    case DownloadState::kFetching:
      return "fetching";
    case DownloadState::kPaused:
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
  return begin(std::move(request), true);
}

Result<std::uint64_t> DownloadManager::begin(DownloadRequest request, bool must_fit) {
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
  if (must_fit) {
    const auto disk = open_disk(request.folder);
    if (!disk) return tl::unexpected<Error>(disk.error());
    if (auto room = check_room(**disk, request.content, request.folder); !room) {
      return tl::unexpected<Error>(room.error());
    }
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
                                           state_->times, std::move(request), std::move(ended));
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
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".part") forget_orphan(folder, name);
    if (entry.path().extension() != ".journal") continue;
    auto file = open_beneath(*parts, name, O_RDONLY);
    if (!file) continue;
    const auto size = entry.file_size(error);
    if (error || size > limits::kJournalBytes) continue;
    std::string text(size, '\0');
    if (!read_at(*file, 0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()})) continue;
    auto found = read_journal(text);
    if (!found.request) continue;
    found.request->folder = folder;
    if (begin(std::move(*found.request), false)) ++taken;
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
