// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/download_manager.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "proto/types/text.h"
#include "transfer/host/download_job.h"
#include "transfer/host/files.h"
#include "transfer/host/part_file.h"

namespace shoal::transfer {

struct DownloadManager::State : std::enable_shared_from_this<State> {
  /// What is to become of a job that is being paused.
  enum class Then : std::uint8_t { kGoOn, kCancel };

  boost::asio::any_io_executor io;
  boost::asio::any_io_executor work;
  std::shared_ptr<const DownloadHooks> hooks;
  TransferTimes times;
  std::mutex mutex;  ///< guards what follows
  std::map<std::uint64_t, std::shared_ptr<DownloadJob>> jobs;
  std::map<std::uint64_t, DownloadStatus> past;  ///< ended in earlier processes
  std::map<ContentId, std::uint64_t> running;
  std::map<ContentId, std::uint64_t> held;
  std::map<std::uint64_t, Then> then;
  std::uint64_t next_id = 1;
  bool stopping = false;
  std::function<void()> stopped;

  // Under the mutex, as all that follows.
  std::shared_ptr<DownloadJob> make(DownloadRequest request);
  std::uint64_t launch(DownloadRequest request);
  Result<std::uint64_t> begin(DownloadRequest request, bool must_fit);
  void on_ended(const ContentId& content, std::uint64_t id, std::function<void()>& now_stopped);
  void forget_old();
  std::uint64_t free_id(std::uint64_t wanted);
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

// To be taken up from its journal.
DownloadRequest again(const DownloadStatus& status) {
  return {status.content, status.name, status.folder, {}, {}, status.id};
}

}  // namespace

void DownloadManager::State::forget_old() {
  while (jobs.size() + past.size() > limits::kDownloadsRemembered) {
    if (!past.empty()) {
      past.erase(past.begin());
      continue;
    }
    const auto is = [](const auto& table, std::uint64_t id) {
      return std::ranges::any_of(table, [&](const auto& one) { return one.second == id; });
    };
    const auto old = std::ranges::find_if(jobs, [&](const auto& entry) {
      return !is(running, entry.first) && !is(held, entry.first);
    });
    if (old == jobs.end()) return;
    jobs.erase(old);
  }
}

// The wanted number if nobody has it.
std::uint64_t DownloadManager::State::free_id(std::uint64_t wanted) {
  const bool taken = wanted == 0 || wanted > limits::kDownloadNumberMax || jobs.contains(wanted) ||
                     past.contains(wanted);
  if (!taken && wanted < next_id) return wanted;
  const std::uint64_t id = taken ? next_id : wanted;
  next_id = id + 1;
  return id;
}

std::shared_ptr<DownloadJob> DownloadManager::State::make(DownloadRequest request) {
  const std::uint64_t id = request.id;
  auto ended = [state = shared_from_this(), content = request.content, id] {
    std::function<void()> now_stopped;
    {
      const std::lock_guard lock(state->mutex);
      state->on_ended(content, id, now_stopped);
    }
    if (now_stopped) boost::asio::post(state->io, now_stopped);
  };
  return std::make_shared<DownloadJob>(id, io, work, hooks, times, std::move(request),
                                       std::move(ended));
}

std::uint64_t DownloadManager::State::launch(DownloadRequest request) {
  const std::uint64_t id = request.id;
  held.erase(request.content);
  running.emplace(request.content, id);
  jobs[id] = make(std::move(request));
  jobs[id]->start();
  return id;
}

void DownloadManager::State::on_ended(const ContentId& content, std::uint64_t id,
                                      std::function<void()>& now_stopped) {
  running.erase(content);
  const auto wish = then.extract(id);
  const DownloadStatus status = jobs.at(id)->status();
  if (status.state == DownloadState::kHeld) {
    held.emplace(content, id);
    // While the process ends nothing begins: what is held stays so.
    if (!wish.empty() && !stopping) {
      launch(again(status));
      if (wish.mapped() == Then::kCancel) jobs.at(id)->stop(DownloadJob::Halt::kCancelled);
    }
  }
  forget_old();
  if (running.empty()) now_stopped = std::exchange(stopped, {});
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

Result<std::uint64_t> DownloadManager::State::begin(DownloadRequest request, bool must_fit) {
  if (stopping) return fail(Errc::kCancelled, "cannot fetch now", "the peer is stopping");
  if (const auto same = running.find(request.content); same != running.end()) {
    // One that is being paused goes on then; one that is being cancelled is not to be saved.
    then.try_emplace(same->second, Then::kGoOn);
    jobs.at(same->second)->add_sources(std::move(request.sources), request.key_pem);
    return same->second;
  }
  if (const auto same = held.find(request.content); same != held.end()) {
    auto known = again(jobs.at(same->second)->status());
    known.sources = std::move(request.sources);
    known.key_pem = std::move(request.key_pem);
    return launch(std::move(known));
  }
  for (const auto& [id, job] : jobs) {
    if (must_fit && job->status().content == request.content && job->left_in(request.folder)) {
      return id;
    }
  }
  if (running.size() + held.size() >= limits::kDownloadsMax) {
    return fail(Errc::kOverloaded, "cannot fetch now", "too many downloads are running or paused",
                "wait for one to end, or cancel one");
  }
  if (must_fit) {
    const auto disk = open_disk(request.folder);
    if (!disk) return tl::unexpected<Error>(disk.error());
    if (auto room = check_room(**disk, request.content, request.folder, hooks->keep_free); !room) {
      return tl::unexpected<Error>(room.error());
    }
  }
  request.id = free_id(request.id);
  return launch(std::move(request));
}

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
    found.request->folder = std::filesystem::canonical(folder, error).string();
    const std::lock_guard lock(state_->mutex);
    const std::uint64_t id = found.request->id;
    // A failed one of an earlier process is taken up again under its number.
    if (const auto old = state_->past.find(id);
        old != state_->past.end() && old->second.content == found.request->content) {
      state_->past.erase(old);
    }
    if (!found.paused) {
      if (state_->begin(std::move(*found.request), false)) ++taken;
      continue;
    }
    const ContentId content = found.request->content;
    if (state_->running.contains(content) || state_->held.contains(content)) continue;
    found.request->id = state_->free_id(id);
    const std::uint64_t number = found.request->id;
    for (auto piece = found.claimed.next(0); piece; piece = found.claimed.next(*piece + 1)) {
      found.sure.add(*piece);
    }
    state_->held.emplace(content, number);
    state_->jobs[number] = state_->make(std::move(*found.request));
    state_->jobs[number]->lie_held(found.sure);
  }
  return taken;
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
