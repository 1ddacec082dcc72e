// SPDX-License-Identifier: Apache-2.0
// All folders on their way, and what is to become of each. Internal to this folder.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "transfer/host/folder/folder_job.h"
#include "transfer/host/folder/folder_manager.h"

namespace shoal::transfer {

struct FolderManager::State : std::enable_shared_from_this<State> {
  /// What is to become of a job that is being paused.
  enum class Then : std::uint8_t { kGoOn, kCancel };

  FolderJob::Parts parts;
  OnEnded tell_ended;
  std::mutex mutex;  ///< guards what follows
  std::map<std::uint64_t, std::shared_ptr<FolderJob>> jobs;
  std::map<std::uint64_t, FolderStatus> past;  ///< ended in earlier processes
  std::set<std::uint64_t> running;
  std::set<std::uint64_t> held;
  std::map<std::uint64_t, Then> then;
  std::uint64_t next_id = 1;
  std::vector<std::uint64_t> shown;  ///< whose files are kept, the latest last
  bool stopping = false;
  std::function<void()> stopped;

  /// Takes the mutex, and calls `is` under it.
  std::vector<std::shared_ptr<FolderJob>> jobs_that(
      const std::function<bool(State&, std::uint64_t id)>& is);

  // Under the mutex, as all that follows.
  /// Under the number of the request. Requires a selection that can be read.
  std::shared_ptr<FolderJob> make(FolderRequest request);
  void launch(FolderRequest request);
  void on_ended(std::uint64_t id, std::function<void()>& now_stopped);
  void forget_old();
  /// Its files were told, or may be asked for: they are the last to be forgotten.
  void keep_files(std::uint64_t id);
  /// The wanted number if nobody has it.
  std::uint64_t free_id(std::uint64_t wanted);
  /// What goes on has not failed: its number is its own again. The row, should it be put back.
  std::map<std::uint64_t, FolderStatus>::node_type forget_failed(const FolderRequest& same);
  /// That folder's download into that place, running or paused.
  std::optional<std::uint64_t> living(const FolderRequest& same) const;
  Result<void> may_begin() const;
  Result<void> room_for_one() const;
  Result<std::uint64_t> begin(FolderRequest request);
  /// One that may still change. Errors: kNotFound, kConflict.
  Result<std::shared_ptr<FolderJob>> unended(std::uint64_t id, const std::string& what,
                                             bool failed_too) const;
};

/// To be taken up from what is on the disk. A query's key admits us no longer then.
FolderRequest again(const FolderJob& job);

}  // namespace shoal::transfer
