// SPDX-License-Identifier: Apache-2.0
// How the files of a folder are fetched: in which order, from whom, and while there is room.
#include <algorithm>
#include <utility>

#include "proto/types/limits.h"
#include "proto/types/limits_folders.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"
#include "transfer/host/disk/disk.h"
#include "transfer/host/folder/folder_job.h"

namespace shoal::transfer {
namespace {

// Then another file may have its turn. One whose source is being dialled seeks, too, but will not
// for long.
bool asks_nobody(const DownloadStatus& status) {
  return status.state == DownloadState::kSeeking &&
         std::ranges::none_of(status.from, [](const SourceStatus& source) {
           return source.state == SourceStatus::State::kDialled;
         });
}

}  // namespace

Result<void> FolderJob::check_room() const {
  std::uint64_t need = 0;
  for (const auto& [content, wanted] : wanted_) {
    need += content.length * (wanted.here ? wanted.uses - 1 : wanted.uses);
  }
  need -= std::min(need, tree_->part_bytes());
  const auto disk = open_disk(tree_->place());
  if (!disk) return tl::unexpected<Error>(disk.error());
  const std::uint64_t free = (*disk)->free_bytes();
  const std::uint64_t spare = hooks_.keep_free;
  if (need == 0 || (free >= spare && free - spare >= need)) return {};
  return fail(Errc::kNoSpace, "cannot fetch into " + request_.folder,
              "the folder needs " + std::to_string((need >> 20U) + 1) + " MiB more, and of the " +
                  std::to_string(free >> 20U) + " MiB that are free " +
                  std::to_string(spare >> 20U) + " MiB are left alone",
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
    if (auto room = check_room(); !room && request_.must_fit) {
      if (fresh_ && bytes_here_ == 0 && tree_->part_bytes() == 0) tree_->remove();  // never began
      return finish(DownloadState::kFailed, room.error());
    }
    const std::lock_guard lock(mutex_);
    status_.bytes_found = bytes_here_;
  }
  if (sources_.empty() && !queue_.empty()) {
    ask_for_sources();
    await_sources();
  }
  next();
}

// Who has the list is worth the wait: without that each file is searched for alone. But of several
// ways to ask one may be slow, and the others have found nobody then.
void FolderJob::await_sources() {
  if (!asking_) return;
  sources_awaited_ = true;
  sources_timer_.expires_after(times_.folder_sources_wait);
  sources_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
    const auto self = weak.lock();
    if (cancelled || !self) return;
    boost::asio::post(self->strand_, [self] {
      self->sources_awaited_ = false;
      self->next();
    });
  });
}

void FolderJob::count_here(const ContentId& content, const Wanted& wanted) {
  files_here_ += wanted.uses;
  bytes_here_ += content.length * wanted.uses;
}

// For its list or one of its files. Any thread.
void FolderJob::find_sources(const ContentId& content, Found found) {
  if (!hooks_.find_sources) return;
  const std::uint64_t search = ++searches_;
  hooks_.find_sources(
      content, [weak = weak_from_this(), strand = strand_, content, search,
                found = std::move(found)](std::vector<SourceInfo> sources, std::string key_pem) {
        boost::asio::post(strand, [weak, content, search, sources, key_pem] {
          const auto self = weak.lock();
          if (!self) return;
          if (content == self->request_.content) {
            // Whoever has the list has its files, most likely.
            self->list_sources(search, sources, key_pem);
          } else if (sources.empty()) {
            self->child_searched(content);
          }
        });
        found(std::move(sources), std::move(key_pem));
      });
}

void FolderJob::list_sources(std::uint64_t search, const std::vector<SourceInfo>& sources,
                             const std::string& key_pem) {
  if (!sources_.found(search, sources, key_pem)) return;
  asked_ = std::chrono::steady_clock::now();
  if (phase_ != Phase::kFiles || ending_) return;
  for (const auto& [id, child] : running_) manager_->add_sources(id, sources, key_pem);
}

// Their keys admit us for ten minutes only, and others may have come.
void FolderJob::ask_for_sources() {
  if (asking_ || !hooks_.find_sources) return;
  asking_ = true;
  hooks_.find_sources(
      request_.content, [weak = weak_from_this(), strand = strand_, search = ++searches_](
                            std::vector<SourceInfo> sources, std::string key_pem) {
        boost::asio::post(
            strand, [weak, search, sources = std::move(sources), key_pem = std::move(key_pem)] {
              const auto self = weak.lock();
              if (!self) return;
              self->list_sources(search, sources, key_pem);
              if (sources.empty()) {
                // All ways have ended.
                self->asking_ = self->sources_awaited_ = false;
                self->asked_ = std::chrono::steady_clock::now();
              }
              self->next();
            });
      });
}

void FolderJob::next() {
  if (ending_ || phase_ != Phase::kFiles) return;
  if (std::chrono::steady_clock::now() - asked_ > limits::kFolderSourcesAge && !queue_.empty()) {
    ask_for_sources();
  }
  if ((sources_awaited_ && sources_.empty()) || no_room_) return report();
  auto busy = std::ranges::count_if(
      running_, [](const auto& one) { return !asks_nobody(one.second.status); });
  while (!queue_.empty() && !ending_ && !no_room_ && running_.size() < limits::kDownloadsMax &&
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

// As one download waits for it.
void FolderJob::wait_for_room(const Error& error) {
  no_room_ = error;
  if (phase_ == Phase::kTree) phase_ = Phase::kFiles;
  room_timer_.expires_after(times_.room_pause);
  room_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
    const auto self = weak.lock();
    if (cancelled || !self) return;
    boost::asio::post(self->strand_, [self] { self->look_for_room(); });
  });
  report();
}

void FolderJob::look_for_room() {
  if (ending_) return;
  no_room_.reset();
  if (phase_ == Phase::kOpening) return open();
  if (phase_ == Phase::kList) return begin_list();
  next();
}

void FolderJob::fetch(const ContentId& content) {
  tree_->drop(content);  // of another length, or spoiled
  const auto groups = sources_.groups();
  DownloadRequest request{content, to_text(content), tree_->place(), groups.front().sources,
                          groups.front().key_pem};
  const auto id = manager_->start(std::move(request));
  const bool may_wait = phase_ == Phase::kFiles || !request_.must_fit;
  if (!id && id.error().code == Errc::kNoSpace && may_wait) {
    if (phase_ == Phase::kFiles) queue_.push_front(content);
    return wait_for_room(id.error());
  }
  if (!id) {
    if (phase_ == Phase::kList && fresh_) tree_->remove();
    return finish(DownloadState::kFailed, id.error());
  }
  for (std::size_t at = 1; at < groups.size(); ++at) {
    manager_->add_sources(*id, groups[at].sources, groups[at].key_pem);
  }
  Child& child = running_[*id];
  child.content = content;
}

void FolderJob::on_child(const DownloadStatus& status) {
  const auto child = running_.find(status.id);
  if (ending_ || child == running_.end()) return;
  const ContentId content = child->second.content;
  if (content == request_.content) take_name(status.called);
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
  const bool freed = asks_nobody(status) && !asks_nobody(child->second.status);
  child->second.status = status;
  if (freed) return next();
  report();
}

void FolderJob::child_done(const ContentId& content) {
  shelf_.keep(content);
  if (phase_ == Phase::kList) {
    const auto whole = tree_->has_whole(content);
    if (!whole) return finish(DownloadState::kFailed, whole.error());
    if (*whole) return listed();
    return finish(DownloadState::kFailed, Error{Errc::kIo, "the folder's list is not where it was",
                                                "somebody moved it", "start it again"});
  }
  Wanted& wanted = wanted_.at(content);
  wanted.here = true;
  count_here(content, wanted);
  next();
}

void FolderJob::child_searched(const ContentId& content) {
  if (ending_) return;
  for (auto& [id, child] : running_) {
    if (child.content == content) child.searched = true;
  }
  report();
}

}  // namespace shoal::transfer
