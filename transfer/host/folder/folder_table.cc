// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/folder/folder_table.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "proto/types/limits_folders.h"
#include "proto/types/limits_transfer.h"

namespace shoal::transfer {

FolderRequest again(const FolderJob& job) {
  FolderRequest request = job.request();
  std::erase_if(request.groups, [](const SourceGroup& one) { return !one.key_pem.empty(); });
  request.must_fit = false;
  request.name = job.status().name;  // as a source may have called it since
  return request;
}

std::vector<std::shared_ptr<FolderJob>> FolderManager::State::jobs_that(
    const std::function<bool(State&, std::uint64_t id)>& is) {
  const std::lock_guard lock(mutex);
  std::vector<std::shared_ptr<FolderJob>> all;
  for (const auto& [id, job] : jobs) {
    if (is(*this, id)) all.push_back(job);
  }
  return all;
}

std::shared_ptr<FolderJob> FolderManager::State::make(FolderRequest request) {
  const std::uint64_t id = request.id;
  auto selection = Selection::make(request.only);
  SHOAL_ASSERT(selection);
  auto ended = [state = shared_from_this(), id](const std::function<void()>& settle) {
    std::function<void()> now_stopped;
    FolderStatus last;
    {
      const std::lock_guard held_by_us(state->mutex);
      settle();
      last = state->jobs.at(id)->status();
      state->on_ended(id, now_stopped);
    }
    const bool over = last.state == DownloadState::kDone || last.state == DownloadState::kFailed ||
                      last.state == DownloadState::kCancelled;
    if (over && !last.list_only && state->tell_ended) state->tell_ended(last);
    if (now_stopped) boost::asio::post(state->parts.io, now_stopped);
  };
  return std::make_shared<FolderJob>(parts, std::move(request), std::move(*selection),
                                     std::move(ended));
}

void FolderManager::State::launch(FolderRequest request) {
  const std::uint64_t id = request.id;
  held.erase(id);
  running.insert(id);
  jobs[id] = make(std::move(request));
  jobs[id]->start();
}

void FolderManager::State::on_ended(std::uint64_t id, std::function<void()>& now_stopped) {
  running.erase(id);
  const auto wish = then.extract(id);
  if (jobs.at(id)->status().state == DownloadState::kHeld) {
    held.insert(id);
    // While the process ends nothing begins: what is held stays so.
    if (!wish.empty() && !stopping) {
      launch(again(*jobs.at(id)));
      if (wish.mapped() == Then::kCancel) jobs.at(id)->stop(FolderJob::Halt::kCancelled);
    }
  }
  keep_files(id);
  forget_old();
  if (running.empty()) now_stopped = std::exchange(stopped, {});
}

void FolderManager::State::keep_files(std::uint64_t id) {
  std::erase(shown, id);
  shown.push_back(id);
  while (shown.size() > limits::kFolderFilesRemembered) {
    // One that runs again is told anew when it ends.
    const auto oldest = running.contains(shown.front()) ? jobs.end() : jobs.find(shown.front());
    if (oldest != jobs.end()) oldest->second->forget_files();
    shown.erase(shown.begin());
  }
}

void FolderManager::State::forget_old() {
  std::size_t ended = past.size() + jobs.size() - running.size() - held.size();
  for (; !past.empty() && ended > limits::kFoldersRemembered; --ended) past.erase(past.begin());
  for (auto at = jobs.begin(); at != jobs.end() && ended > limits::kFoldersRemembered;) {
    if (running.contains(at->first) || held.contains(at->first)) {
      ++at;
    } else {
      at = jobs.erase(at);
      --ended;
    }
  }
}

std::uint64_t FolderManager::State::free_id(std::uint64_t wanted) {
  const bool taken = wanted == 0 || wanted > limits::kDownloadNumberMax || jobs.contains(wanted) ||
                     past.contains(wanted);
  const std::uint64_t id = taken ? next_id : wanted;
  next_id = std::max(next_id, id + 1);
  return id;
}

std::map<std::uint64_t, FolderStatus>::node_type FolderManager::State::forget_failed(
    const FolderRequest& same) {
  const auto found = past.find(same.id);
  if (found == past.end() || found->second.state != DownloadState::kFailed) return {};
  const bool is_it = found->second.content == same.content && found->second.folder == same.folder;
  if (!is_it) return {};
  return past.extract(found);
}

std::optional<std::uint64_t> FolderManager::State::living(const FolderRequest& same) const {
  for (const auto& [id, job] : jobs) {
    if (!running.contains(id) && !held.contains(id)) continue;
    const FolderRequest& one = job->request();
    if (one.content == same.content && one.folder == same.folder) return id;
  }
  return std::nullopt;
}

Result<void> FolderManager::State::may_begin() const {
  if (stopping) return fail(Errc::kCancelled, "cannot fetch now", "the peer is stopping");
  return {};
}

Result<void> FolderManager::State::room_for_one() const {
  if (auto may = may_begin(); !may) return may;
  if (running.size() < limits::kFoldersAtOnce) return {};
  return fail(Errc::kOverloaded, "cannot fetch now", "too many folders are being fetched",
              "wait for one to end");
}

Result<std::uint64_t> FolderManager::State::begin(FolderRequest request) {
  if (const auto id = living(request)) {
    const FolderRequest& other = jobs.at(*id)->request();
    const bool paused = held.contains(*id);
    const bool same = other.only == request.only && other.list_only == request.list_only;
    // One that fetches files has the list, or will; one that is paused has it on the disk.
    if (request.list_only && !other.list_only) return *id;
    if (same && !paused) {
      then.try_emplace(*id, Then::kGoOn);  // should it be about to pause
      return *id;
    }
    if (!same) {
      return fail(Errc::kConflict, "cannot fetch the folder now",
                  std::string("other files of it are ") +
                      (paused ? "paused on their way" : "being fetched") + " into " +
                      request.folder,
                  paused ? "resume or cancel them, or choose another folder with -o"
                         : "wait for them, or choose another folder with -o");
    }
  }
  if (auto room = room_for_one(); !room) return tl::unexpected<Error>(room.error());
  if (const auto id = living(request)) {
    FolderRequest known = again(*jobs.at(*id));
    known.groups = std::move(request.groups);
    request = std::move(known);
  } else {
    request.id = free_id(request.id);
  }
  const std::uint64_t id = request.id;
  launch(std::move(request));
  return id;
}

Result<std::shared_ptr<FolderJob>> FolderManager::State::unended(std::uint64_t id,
                                                                 const std::string& what,
                                                                 bool failed_too) const {
  const auto found = jobs.find(id);
  if (found == jobs.end() && past.contains(id)) {
    return fail(Errc::kConflict, "cannot " + what + " the download",
                "it ended before this peer was started", "shoal get fetches the folder again");
  }
  if (found == jobs.end()) return fail(Errc::kNotFound, "no such download of a folder");
  const bool failed = found->second->status().state == DownloadState::kFailed;
  if (running.contains(id) || held.contains(id) || (failed && failed_too)) return found->second;
  return fail(Errc::kConflict, "cannot " + what + " the download", "it has ended");
}

}  // namespace shoal::transfer
