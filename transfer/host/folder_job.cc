// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/folder_job.h"

#include <grpcpp/channel.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "proto/types/limits.h"
#include "proto/types/limits_folders.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"
#include "transfer/host/disk.h"
#include "transfer/host/folder_names.h"
#include "transfer/host/folder_note.h"
#include "transfer/host/name.h"

namespace shoal::transfer {
namespace {

std::string without_slash(std::string name) {
  while (name.ends_with('/')) name.pop_back();
  return name;
}

// One connection for many files: a handshake for each would take longer than most of them.
auto shared_channels(decltype(DownloadHooks::connect) connect) {
  struct Cache {
    std::mutex mutex;
    std::map<std::tuple<std::string, PeerId, std::string>, std::shared_ptr<grpc::Channel>> open;
  };
  return [cache = std::make_shared<Cache>(), connect = std::move(connect)](
             const std::string& endpoint, const PeerId& peer,
             const std::string& key_pem) -> Result<std::shared_ptr<grpc::Channel>> {
    const std::lock_guard lock(cache->mutex);
    const auto known = cache->open.find({endpoint, peer, key_pem});
    if (known != cache->open.end()) {
      const auto state = known->second->GetState(false);
      if (state != GRPC_CHANNEL_TRANSIENT_FAILURE && state != GRPC_CHANNEL_SHUTDOWN) {
        return known->second;
      }
      cache->open.erase(known);
    }
    if (cache->open.size() >= limits::kSourcesKnown) cache->open.clear();
    auto made = connect(endpoint, peer, key_pem);
    if (made) cache->open.emplace(std::tuple(endpoint, peer, key_pem), *made);
    return made;
  };
}

}  // namespace

FolderJob::FolderJob(std::uint64_t id, Parts parts, FolderRequest request, Selection selection,
                     Ended ended)
    : io_(parts.io),
      strand_(boost::asio::make_strand(parts.work)),
      work_(parts.work),
      hooks_(std::move(parts.hooks)),
      times_(parts.times),
      request_(std::move(request)),
      selection_(std::move(selection)),
      ended_(std::move(ended)),
      sources_(request_.sources),
      key_pem_(request_.key_pem) {
  status_.id = id;
  status_.content = request_.content;
  status_.name = safe_name(without_slash(request_.name));
  status_.folder = request_.folder;
  status_.list_only = request_.list_only;
}

FolderStatus FolderJob::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::optional<std::vector<FolderFile>> FolderJob::files(std::size_t from, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  if (!listed_) return std::nullopt;
  std::vector<FolderFile> out;
  for (std::size_t at = from; at < entries_.size() && out.size() < limit; ++at) {
    out.push_back({entries_[at].path, entries_[at].content, selected_[at]});
  }
  return out;
}

void FolderJob::forget_files() {
  const std::lock_guard lock(mutex_);
  listed_ = false;
  entries_ = {};
  selected_ = {};
}

std::string FolderJob::note(const std::string& placing) const {
  return to_text(FolderNote{status().name, request_.only, placing});
}

void FolderJob::start() {
  boost::asio::post(strand_, [self = shared_from_this()] { self->open(); });
}

void FolderJob::stop(bool cancelled) {
  if (cancelled) cancelled_ = true;
  stop_asked_ = true;
  boost::asio::post(strand_, [self = shared_from_this()] {
    self->finish(self->cancelled_ ? DownloadState::kCancelled : DownloadState::kStopped, {});
  });
}

void FolderJob::open() {
  if (ending_) return;
  auto tree = FolderTree::open(request_.folder, request_.content);
  if (!tree) return finish(DownloadState::kFailed, tree.error());
  tree_ = std::move(*tree);
  if (const auto kept = read_folder_note(tree_->note())) placing_ = kept->placing;
  // A list alone is asked for anew by who wants it again.
  if (!request_.list_only && placing_.empty()) {
    if (auto done = tree_->keep(note({})); !done) {
      return finish(DownloadState::kFailed, done.error());
    }
  }
  make_manager();
  phase_ = Phase::kList;
  begin_list();
}

void FolderJob::make_manager() {
  DownloadHooks hooks = hooks_;
  std::weak_ptr<FolderJob> weak = weak_from_this();
  hooks.on_change = [weak, strand = strand_](const DownloadStatus& status) {
    boost::asio::post(strand, [weak, status] {
      if (const auto self = weak.lock()) self->on_child(status);
    });
  };
  // Whoever has the list has its files, most likely.
  hooks.find_sources = [weak, strand = strand_, find = hooks_.find_sources,
                        list = request_.content](const ContentId& content, auto found) {
    if (!find || content != list) {
      if (find) find(content, std::move(found));
      return;
    }
    find(content, [weak, strand, found = std::move(found)](std::vector<SourceInfo> sources,
                                                           std::string key_pem) {
      boost::asio::post(strand, [weak, sources, key_pem] {
        const auto self = weak.lock();
        if (!self || sources.empty()) return;
        self->sources_ = sources;
        self->key_pem_ = key_pem;
        self->asked_ = std::chrono::steady_clock::now();
      });
      found(std::move(sources), std::move(key_pem));
    });
  };
  hooks.connect = shared_channels(hooks_.connect);
  manager_ = std::make_unique<DownloadManager>(io_, work_, std::move(hooks), times_);
  asked_ = std::chrono::steady_clock::now();
}

void FolderJob::begin_list() {
  if (tree_->has_whole(request_.content)) return listed();
  fetch(request_.content);
  report();
}

void FolderJob::listed() {
  auto entries = tree_->read_list(request_.content);
  if (!entries) {
    const Error error = entries.error();
    tree_->remove();
    return finish(DownloadState::kFailed, error);
  }
  plan(std::move(*entries));
  if (request_.list_only) {
    if (tree_->note().empty()) tree_->remove();  // else somebody's files are there
    return finish(DownloadState::kDone, {});
  }
  if (placed_.empty() && !selection_.patterns().empty()) {
    tree_->remove();
    return finish(DownloadState::kFailed,
                  Error{Errc::kNotFound, "nothing in the folder is selected",
                        "no path in it matches", "--list shows what there is"});
  }
  if (!placing_.empty() && tree_->verify_placed(placing_, placed_)) {
    tree_->remove();
    return finish(DownloadState::kDone, {}, request_.folder + "/" + placing_);
  }
  begin_files();
}

void FolderJob::plan(std::vector<ListingEntry> entries) {
  const LocalNames names = local_names(entries);
  std::vector<bool> selected;
  std::uint64_t files = 0;
  std::uint64_t chosen = 0;
  for (std::size_t at = 0; at < entries.size(); ++at) {
    const auto& content = entries[at].content;
    selected.push_back(selection_.takes(entries[at]));
    if (content) ++files;
    if (!selected.back()) continue;
    placed_.push_back({names.paths[at], content});
    if (!content) continue;
    ++chosen;
    Wanted& wanted =
        wanted_.try_emplace(*content, Wanted{entries[at].path, 0, false}).first->second;
    ++wanted.uses;
  }
  const std::lock_guard lock(mutex_);
  status_.files_total = files;
  status_.files_selected = chosen;
  status_.names_changed = names.changed;
  for (const auto& [content, wanted] : wanted_) status_.bytes_total += content.length * wanted.uses;
  listed_ = true;
  status_.listed = true;
  entries_ = std::move(entries);
  selected_ = std::move(selected);
}

Result<void> FolderJob::check_room() const {
  std::uint64_t need = 0;
  for (const auto& [content, wanted] : wanted_) {
    need += content.length * (wanted.here ? wanted.uses - 1 : wanted.uses);
  }
  const auto disk = open_disk(tree_->place());
  if (!disk) return tl::unexpected<Error>(disk.error());
  const std::uint64_t free = (*disk)->free_bytes();
  if (need == 0 || (free >= limits::kDiskSpare && free - limits::kDiskSpare >= need)) return {};
  return fail(Errc::kNoSpace, "cannot fetch into " + request_.folder,
              "the folder needs " + std::to_string((need >> 20U) + 1) + " MiB more, and of the " +
                  std::to_string(free >> 20U) + " MiB that are free " +
                  std::to_string(limits::kDiskSpare >> 20U) + " MiB are left alone",
              "free some space, choose another folder, or fewer files with --only");
}

void FolderJob::begin_files() {
  phase_ = Phase::kFiles;
  files_here_ = bytes_here_ = 0;
  std::vector<std::pair<std::string_view, ContentId>> missing;
  for (auto& [content, wanted] : wanted_) {
    wanted.here = content.length == 0 || tree_->has(content);
    if (wanted.here) {
      count_here(content, wanted);
    } else {
      missing.emplace_back(wanted.path, content);
    }
  }
  // As they stand in the list, so that a person sees them come in order.
  std::ranges::sort(missing,
                    [](const auto& a, const auto& b) { return listed_before(a.first, b.first); });
  queue_.clear();
  for (const auto& [path, content] : missing) queue_.push_back(content);
  if (attempts_ == 0) {
    if (auto room = check_room(); !room) return finish(DownloadState::kFailed, room.error());
    const std::lock_guard lock(mutex_);
    status_.bytes_found = bytes_here_;
  }
  if (sources_.empty() && !queue_.empty()) ask_for_sources();
  next();
}

void FolderJob::count_here(const ContentId& content, const Wanted& wanted) {
  files_here_ += wanted.uses;
  bytes_here_ += content.length * wanted.uses;
}

// Their keys admit us for ten minutes only, and others may have come.
void FolderJob::ask_for_sources() {
  if (asking_ || !hooks_.find_sources) return;
  asking_ = true;
  hooks_.find_sources(request_.content, [weak = weak_from_this(), strand = strand_](
                                            std::vector<SourceInfo> sources, std::string key_pem) {
    boost::asio::post(strand, [weak, sources = std::move(sources), key_pem = std::move(key_pem)] {
      const auto self = weak.lock();
      if (!self) return;
      self->asking_ = false;
      self->asked_ = std::chrono::steady_clock::now();
      if (!sources.empty()) {
        self->sources_ = sources;
        self->key_pem_ = key_pem;
      }
      if (self->phase_ == Phase::kFiles) self->next();
    });
  });
}

void FolderJob::next() {
  if (ending_ || phase_ != Phase::kFiles) return;
  if (std::chrono::steady_clock::now() - asked_ > limits::kFolderSourcesAge && !queue_.empty()) {
    ask_for_sources();
  }
  // Who has the list is worth the wait: without that each file is searched for alone.
  if (asking_ && sources_.empty()) return report();
  auto busy = std::ranges::count_if(
      running_, [](const auto& one) { return one.second.status.state != DownloadState::kSeeking; });
  while (!queue_.empty() && !ending_ && running_.size() < limits::kDownloadsMax &&
         busy < static_cast<std::ptrdiff_t>(limits::kFolderFilesAtOnce)) {
    const ContentId content = queue_.front();
    queue_.pop_front();
    fetch(content);
    ++busy;
  }
  if (ending_) return;
  report();
  if (queue_.empty() && running_.empty()) put_together();
}

void FolderJob::fetch(const ContentId& content) {
  tree_->drop(content);  // of another length, or spoiled
  DownloadRequest request{content, to_text(content), tree_->place(), sources_, key_pem_};
  const auto id = manager_->start(std::move(request));
  if (!id) return finish(DownloadState::kFailed, id.error());
  Child& child = running_[*id];
  child.content = content;
}

void FolderJob::on_child(const DownloadStatus& status) {
  const auto child = running_.find(status.id);
  if (ending_ || child == running_.end()) return;
  const ContentId content = child->second.content;
  switch (status.state) {
    case DownloadState::kDone:
      running_.erase(child);
      return child_done(content);
    case DownloadState::kFailed: {
      Error error = status.error.value_or(Error{});
      const auto wanted = wanted_.find(content);
      if (wanted != wanted_.end()) error.why = disarm(wanted->second.path) + ": " + error.why;
      return finish(DownloadState::kFailed, error);
    }
    case DownloadState::kCancelled:
    case DownloadState::kStopped:
      running_.erase(child);
      return;
    default:
      break;
  }
  const bool freed = status.state == DownloadState::kSeeking &&
                     child->second.status.state != DownloadState::kSeeking;
  child->second.status = status;
  if (freed) return next();
  report();
}

void FolderJob::child_done(const ContentId& content) {
  if (phase_ == Phase::kList) {
    if (tree_->has_whole(content)) return listed();
    return finish(DownloadState::kFailed, Error{Errc::kIo, "the folder's list is not where it was",
                                                "somebody moved it", "start it again"});
  }
  Wanted& wanted = wanted_.at(content);
  wanted.here = true;
  count_here(content, wanted);
  next();
}

}  // namespace shoal::transfer
