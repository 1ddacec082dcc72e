// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/folder_manager.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "proto/types/limits_folders.h"
#include "proto/types/text.h"
#include "transfer/host/folder_job.h"
#include "transfer/host/folder_note.h"

namespace shoal::transfer {

struct FolderManager::State {
  FolderJob::Parts parts;
  std::mutex mutex;  ///< guards what follows
  std::map<std::uint64_t, std::shared_ptr<FolderJob>> jobs;
  std::set<std::uint64_t> running;
  std::uint64_t next_id = 1;
  bool stopping = false;
  std::function<void()> stopped;

  void forget_old() {
    std::size_t newer = 0;
    for (auto at = jobs.rbegin(); at != jobs.rend(); ++at) {
      if (running.contains(at->first)) continue;
      if (++newer > limits::kFolderFilesRemembered) at->second->forget_files();
    }
    for (auto at = jobs.begin(); at != jobs.end() && newer > limits::kFoldersRemembered;) {
      if (running.contains(at->first)) {
        ++at;
      } else {
        at = jobs.erase(at);
        --newer;
      }
    }
  }
};

namespace {

constexpr std::string_view kSuffix = ".folder";

// What an earlier process left there, if it is to go on.
std::optional<FolderRequest> leftover(const std::string& folder, const std::string& name) {
  const auto id = parse_content_id(std::string_view(name).substr(0, name.size() - kSuffix.size()));
  if (!id || to_text(*id) + std::string(kSuffix) != name) return std::nullopt;  // not ours
  auto tree = FolderTree::open(folder, *id);
  if (!tree) return std::nullopt;
  auto note = read_folder_note(tree->note());
  if (!note) {
    tree->remove();  // cancelled, or only its list was wanted
    return std::nullopt;
  }
  FolderRequest request;
  request.content = *id;
  request.name = std::move(note->name);
  request.folder = folder;
  request.only = std::move(note->only);
  return request;
}

}  // namespace

FolderManager::FolderManager(boost::asio::any_io_executor io, boost::asio::any_io_executor work,
                             DownloadHooks hooks, TransferTimes times)
    : state_(std::make_shared<State>()) {
  state_->parts = {std::move(io), std::move(work), std::move(hooks), times};
}

FolderManager::~FolderManager() { stop({}); }

Result<std::uint64_t> FolderManager::start(FolderRequest request) {
  if (request.content.length > limits::kListingBytes) {
    return fail(Errc::kTooLarge, "that is no folder", "no folder's list is that long",
                "fetch it as a file");
  }
  auto selection = Selection::make(request.only);
  if (!selection) return tl::unexpected<Error>(selection.error());
  std::error_code error;
  const auto folder = std::filesystem::canonical(request.folder, error);
  if (error || !std::filesystem::is_directory(folder, error)) {
    return fail(Errc::kInvalidArgument, "cannot fetch into " + request.folder,
                "it is no folder that exists", "make it first, or name another");
  }
  request.folder = folder.string();
  const std::lock_guard lock(state_->mutex);
  if (state_->stopping) return fail(Errc::kCancelled, "cannot fetch now", "the peer is stopping");
  for (const std::uint64_t id : state_->running) {
    const FolderRequest& other = state_->jobs.at(id)->request();
    if (other.content != request.content || other.folder != request.folder) continue;
    const bool same = other.only == request.only && other.list_only == request.list_only;
    if (same || (request.list_only && !other.list_only)) return id;  // it has the list, or will
    return fail(Errc::kConflict, "cannot fetch the folder now",
                "other files of it are being fetched into " + request.folder,
                "wait for them, or choose another folder with -o");
  }
  if (state_->running.size() >= limits::kFoldersAtOnce) {
    return fail(Errc::kOverloaded, "cannot fetch now", "too many folders are being fetched",
                "wait for one to end");
  }
  const std::uint64_t id = state_->next_id++;
  auto ended = [state = state_, id] {
    std::function<void()> stopped;
    {
      const std::lock_guard held(state->mutex);
      state->running.erase(id);
      state->forget_old();
      if (state->running.empty()) stopped = std::exchange(state->stopped, {});
    }
    if (stopped) boost::asio::post(state->parts.io, stopped);
  };
  auto job = std::make_shared<FolderJob>(id, state_->parts, std::move(request),
                                         std::move(*selection), std::move(ended));
  state_->jobs.emplace(id, job);
  state_->running.insert(id);
  job->start();
  return id;
}

std::size_t FolderManager::resume(const std::string& folder) {
  std::size_t taken = 0;
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/.part", error)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(kSuffix) && entry.is_directory(error)) names.push_back(name);
  }
  std::ranges::sort(names);
  for (const std::string& name : names) {
    auto request = leftover(folder, name);
    if (request && start(std::move(*request))) ++taken;
  }
  return taken;
}

Result<void> FolderManager::cancel(std::uint64_t id) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->jobs.find(id);
  if (found == state_->jobs.end()) return fail(Errc::kNotFound, "no such download of a folder");
  if (!state_->running.contains(id)) {
    return fail(Errc::kConflict, "cannot cancel the download", "it has ended");
  }
  found->second->stop(true);
  return {};
}

Result<FolderStatus> FolderManager::status(std::uint64_t id) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->jobs.find(id);
  if (found == state_->jobs.end()) return fail(Errc::kNotFound, "no such download of a folder");
  return found->second->status();
}

std::vector<FolderStatus> FolderManager::list() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<FolderStatus> all;
  for (const auto& [id, job] : state_->jobs) all.push_back(job->status());
  return all;
}

Result<std::vector<FolderFile>> FolderManager::files(std::uint64_t id, std::size_t from,
                                                     std::size_t limit) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->jobs.find(id);
  if (found == state_->jobs.end()) return fail(Errc::kNotFound, "no such download of a folder");
  auto files = found->second->files(from, limit);
  if (files) return std::move(*files);
  return fail(Errc::kNotFound, "the folder's list is not here",
              "it is not fetched yet, or not kept any more", "shoal get ID --list");
}

void FolderManager::stop(std::function<void()> stopped) {
  const std::lock_guard lock(state_->mutex);
  state_->stopping = true;
  if (state_->running.empty()) {
    if (stopped) boost::asio::post(state_->parts.io, std::move(stopped));
    return;
  }
  if (stopped) state_->stopped = std::move(stopped);
  for (const std::uint64_t id : state_->running) state_->jobs.at(id)->stop(false);
}

}  // namespace shoal::transfer
