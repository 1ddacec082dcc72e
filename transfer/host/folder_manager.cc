// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/folder_manager.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "proto/types/limits_folders.h"
#include "proto/types/limits_transfer.h"
#include "proto/types/text.h"
#include "transfer/host/files.h"
#include "transfer/host/folder_job.h"
#include "transfer/host/folder_note.h"

namespace shoal::transfer {

struct FolderManager::State : std::enable_shared_from_this<State> {
  /// What is to become of a job that is being paused.
  enum class Then : std::uint8_t { kGoOn, kCancel };

  FolderJob::Parts parts;
  std::mutex mutex;  ///< guards what follows
  std::map<std::uint64_t, std::shared_ptr<FolderJob>> jobs;
  std::set<std::uint64_t> running;
  std::set<std::uint64_t> held;
  std::map<std::uint64_t, Then> then;
  std::uint64_t next_id = 1;
  bool stopping = false;
  std::function<void()> stopped;

  // Under the mutex, as all that follows.
  std::shared_ptr<FolderJob> make(FolderRequest request);
  void launch(FolderRequest request);
  void on_ended(std::uint64_t id, std::function<void()>& now_stopped);
  void forget_old();
  std::uint64_t free_id(std::uint64_t wanted);
  std::optional<std::uint64_t> living(const FolderRequest& same) const;
  Result<void> may_begin() const;
  Result<void> room_for_one() const;
  Result<std::uint64_t> begin(FolderRequest request);
  Result<std::shared_ptr<FolderJob>> unended(std::uint64_t id, const std::string& what,
                                             bool failed_too) const;
};

namespace {

constexpr std::string_view kSuffix = ".folder";

struct Remains {
  FolderRequest request;
  std::optional<FolderPause> paused;
};

// What an earlier process left there, if it is to go on.
std::optional<Remains> remains_of(const std::string& folder, const std::string& name) {
  const auto id = parse_content_id(std::string_view(name).substr(0, name.size() - kSuffix.size()));
  if (!id || to_text(*id) + std::string(kSuffix) != name) return std::nullopt;  // not ours
  if (id->length > limits::kListingBytes) return std::nullopt;
  auto tree = FolderTree::open(folder, *id);
  if (!tree) return std::nullopt;
  const auto kept = tree->note();
  if (!kept) return std::nullopt;  // it may be read the next time
  if (!*kept) {
    tree->remove();  // cancelled, or only its list was wanted
    return std::nullopt;
  }
  auto note = read_folder_note(**kept);
  if (!note || !Selection::make(note->only)) return std::nullopt;
  Remains out;
  out.request.content = *id;
  out.request.name = std::move(note->name);
  out.request.folder = folder;
  out.request.only = std::move(note->only);
  out.request.id = note->id;
  out.request.must_fit = false;
  out.paused = note->paused;
  return out;
}

// To be taken up from what is on the disk. A query's key admits us no longer then.
FolderRequest again(const FolderJob& job) {
  FolderRequest request = job.request();
  std::erase_if(request.groups, [](const SourceGroup& one) { return !one.key_pem.empty(); });
  request.must_fit = false;
  return request;
}

}  // namespace

std::shared_ptr<FolderJob> FolderManager::State::make(FolderRequest request) {
  const std::uint64_t id = request.id;
  auto selection = Selection::make(request.only);
  SHOAL_ASSERT(selection);
  auto ended = [state = shared_from_this(), id](const std::function<void()>& settle) {
    std::function<void()> now_stopped;
    {
      const std::lock_guard held_by_us(state->mutex);
      settle();
      state->on_ended(id, now_stopped);
    }
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
  forget_old();
  if (running.empty()) now_stopped = std::exchange(stopped, {});
}

void FolderManager::State::forget_old() {
  const auto lives = [&](std::uint64_t id) { return running.contains(id) || held.contains(id); };
  std::size_t newer = 0;
  for (auto at = jobs.rbegin(); at != jobs.rend(); ++at) {
    if (running.contains(at->first)) continue;
    if (++newer > limits::kFolderFilesRemembered) at->second->forget_files();
  }
  std::size_t ended = jobs.size() - running.size() - held.size();
  for (auto at = jobs.begin(); at != jobs.end() && ended > limits::kFoldersRemembered;) {
    if (lives(at->first)) {
      ++at;
    } else {
      at = jobs.erase(at);
      --ended;
    }
  }
}

// The wanted number if nobody has it.
std::uint64_t FolderManager::State::free_id(std::uint64_t wanted) {
  const bool taken = wanted == 0 || wanted > limits::kDownloadNumberMax || jobs.contains(wanted);
  const std::uint64_t id = taken ? next_id : wanted;
  next_id = std::max(next_id, id + 1);
  return id;
}

// That folder's download into that place, running or paused.
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
    if (!paused && (same || (request.list_only && !other.list_only))) {
      if (same) then.try_emplace(*id, Then::kGoOn);  // should it be about to pause
      return *id;
    }
    if (request.list_only && !other.list_only) {
      if (auto shown = jobs.at(*id)->show_files(); !shown) {
        return tl::unexpected<Error>(shown.error());
      }
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

FolderManager::FolderManager(boost::asio::any_io_executor io, boost::asio::any_io_executor work,
                             DownloadHooks hooks, TransferTimes times)
    : state_(std::make_shared<State>()) {
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
  const std::lock_guard lock(state_->mutex);
  return state_->begin(std::move(request));
}

std::size_t FolderManager::resume(const std::string& folder) {
  std::size_t taken = 0;
  std::error_code error;
  const std::string place = std::filesystem::canonical(folder, error).string();
  if (error) return 0;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator at(place + "/.part", error), end; !error && at != end;
       at.increment(error)) {
    std::error_code about;
    const std::string name = at->path().filename().string();
    if (name.ends_with(kSuffix) && at->is_directory(about)) names.push_back(name);
  }
  std::ranges::sort(names);
  for (const std::string& name : names) {
    auto left = remains_of(place, name);
    if (!left) continue;
    const std::lock_guard lock(state_->mutex);
    if (!left->paused) {
      if (state_->begin(std::move(left->request))) ++taken;
      continue;
    }
    if (state_->living(left->request) || state_->held.size() >= limits::kFoldersPaused) continue;
    const std::uint64_t id = left->request.id = state_->free_id(left->request.id);
    state_->held.insert(id);
    state_->jobs[id] = state_->make(std::move(left->request));
    state_->jobs[id]->lie_held(*left->paused);
  }
  return taken;
}

// One that may still change. Errors: kNotFound, kConflict.
Result<std::shared_ptr<FolderJob>> FolderManager::State::unended(std::uint64_t id,
                                                                 const std::string& what,
                                                                 bool failed_too) const {
  const auto found = jobs.find(id);
  if (found == jobs.end()) return fail(Errc::kNotFound, "no such download of a folder");
  const bool failed = found->second->status().state == DownloadState::kFailed;
  if (running.contains(id) || held.contains(id) || (failed && failed_too)) return found->second;
  return fail(Errc::kConflict, "cannot " + what + " the download", "it has ended");
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
  for (const std::uint64_t id : state_->running) {
    state_->jobs.at(id)->stop(FolderJob::Halt::kProcessEnds);
  }
}

}  // namespace shoal::transfer
