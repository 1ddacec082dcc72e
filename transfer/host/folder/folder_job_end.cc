// SPDX-License-Identifier: Apache-2.0
// How a folder is put together, how its download ends, and what is told of it meanwhile.
#include <algorithm>
#include <utility>

#include "proto/types/utf8.h"
#include "transfer/host/folder/folder_job.h"

namespace shoal::transfer {

void FolderJob::put_together() {
  // Copies of what is there more than once.
  if (auto room = check_room(); !room) return wait_for_room(room.error());
  phase_ = Phase::kTree;
  report();
  const auto path = build_and_name();
  if (path) {
    tree_->remove();
    return finish(DownloadState::kDone, {}, *path);
  }
  if (stop_asked()) return;  // finish() is on its way
  again_or_fail(path.error());
}

Result<std::string> FolderJob::build_and_name() {
  if (auto built = tree_->build(placed_, unless_stopped()); !built) {
    return tl::unexpected<Error>(built.error());
  }
  if (auto right = tree_->verify(placed_, unless_stopped()); !right) {
    return tl::unexpected<Error>(right.error());
  }
  constexpr int kRaces = 8;
  for (int race = 0;; ++race) {
    const auto name = tree_->free_name(status().name);
    if (!name) return name;
    // A process that finds no tree looks there.
    placing_ = *name;
    if (auto kept = tree_->keep(note(false)); !kept) return tl::unexpected<Error>(kept.error());
    auto path = tree_->give_name(*name);
    if (path || path.error().code != Errc::kConflict || race == kRaces) return path;
  }
}

// A file that was fetched right and is not any more is fetched again.
void FolderJob::again_or_fail(const Error& error) {
  if (error.code == Errc::kNoSpace) return wait_for_room(error);
  constexpr unsigned kAttemptsMax = 3;
  const bool may_help = error.code == Errc::kIntegrity || error.code == Errc::kNotFound;
  if (!may_help || ++attempts_ > kAttemptsMax) return finish(DownloadState::kFailed, error);
  if (tree_->spoiled()) tree_->drop(*tree_->spoiled());
  begin_files();
}

void FolderJob::finish(DownloadState state, std::optional<Error> error, std::string path) {
  if (std::exchange(ending_, true)) return;
  phase_ = Phase::kOver;
  room_timer_.cancel();
  sources_timer_.cancel();
  shelf_.close();
  if (!manager_) return close(state, error, path);
  manager_->stop([self = shared_from_this(), state, error, path] {
    boost::asio::post(self->strand_,
                      [self, state, error, path] { self->close(state, error, path); });
  });
}

void FolderJob::close(DownloadState state, std::optional<Error> error, const std::string& path) {
  manager_.reset();
  if (tree_ && state == DownloadState::kCancelled) tree_->remove();
  if (tree_ && state == DownloadState::kHeld) {
    if (auto kept = tree_->keep(note(true)); !kept) {
      error = kept.error();
      error->next = "after a restart it goes on by itself";
    }
  }
  tree_.reset();
  running_.clear();
  FolderStatus last = status();
  last.state = state;
  last.error = std::move(error);
  last.path = path;
  last.sources = 0;
  last.rate = 0;
  last.files_waiting = 0;
  if (state == DownloadState::kDone && !request_.list_only) {
    last.files_done = last.files_selected;
    last.bytes_done = last.bytes_total;
  }
  std::exchange(ended_, {})([&] {
    const std::lock_guard lock(mutex_);
    status_ = last;
  });
}

void FolderJob::report() {
  if (ending_) return;
  FolderStatus now = status();
  now.state = phase_ == Phase::kTree ? DownloadState::kChecking : DownloadState::kFetching;
  now.error.reset();
  now.sources = 0;
  now.rate = 0;
  now.files_waiting = 0;
  now.files_done = files_here_;
  now.bytes_done = bytes_here_;
  std::size_t seeking = 0;
  for (const auto& [id, child] : running_) {
    const auto wanted = wanted_.find(child.content);
    if (wanted != wanted_.end()) now.bytes_done += child.status.bytes_done;
    now.sources = std::max(now.sources, child.status.sources);
    now.rate += child.status.rate;
    if (child.status.state == DownloadState::kPaused) {
      now.state = DownloadState::kPaused;
      now.error = child.status.error;
    }
    if (child.status.state != DownloadState::kSeeking) continue;
    ++seeking;
    if (wanted == wanted_.end()) {
      now.error = child.status.error;
    } else if ((child.searched || child.status.error) && now.files_waiting++ == 0 && !now.error) {
      now.error = Error{Errc::kNotFound, "nobody who is up has " + disarm(wanted->second.path),
                        child.status.error ? child.status.error->why : "",
                        "its owner may have changed the folder since; the rest is fetched"};
    }
  }
  if (seeking > 0 && seeking == running_.size() && now.state == DownloadState::kFetching) {
    now.state = DownloadState::kSeeking;
  }
  if (no_room_) {
    now.state = DownloadState::kPaused;
    now.error = no_room_;
  }
  const std::lock_guard lock(mutex_);
  status_ = now;
}

}  // namespace shoal::transfer
