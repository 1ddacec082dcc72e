// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/daemon/process/threads.h"
#include "cli/daemon/search/search_table.h"
#include "cli/daemon/state/state_store.h"
#include "proto/rpc/identity.h"
#include "transfer/host/download/download_manager.h"
#include "transfer/host/folder/folder_manager.h"

namespace shoal::daemon {

/// The downloads of this peer's user: from the holders that searches found, or that the daemon asks
/// for itself; taken up again after a restart. Any thread.
class TransferDesk {
 public:
  struct Parts {
    Executors on;
    rpc::Identity me;
    SearchTable& searches;
    StateStore& store;
    /// What is on this machine already; may block.
    std::function<std::optional<transfer::LocalCopy>(const ContentId&)> find_here;
    std::string folder;  ///< where files go unless said otherwise; made when first needed
    std::uint64_t keep_free = limits::kDiskSpare;  ///< bytes that downloads leave free on the disk
    /// See DownloadHooks: what a friend allows us holds whatever led to the file.
    std::function<bool(const PeerId&)> is_linked = {};
  };
  struct Request {
    ContentId content;
    std::string name;    ///< empty: as the holder calls it
    std::string folder;  ///< empty: the usual one
    std::optional<QueryId> search;
    std::vector<transfer::SourceInfo> sources;  ///< of a link: dialled with one's own key
    /// Whether who asks may have that download, which the start would join. Empty: any.
    std::function<bool(const transfer::DownloadStatus&)> may_join = {};
    /// Asked where none is joined. Empty: one may begin.
    std::function<Result<void>()> may_begin = {};
  };

  explicit TransferDesk(Parts parts);

  /// Goes on with what an earlier process left, and lists what had ended by then. Blocks. Returns
  /// how many go on.
  std::size_t resume();
  /// Errors: those of DownloadManager::start and of may_begin, kIo, kInvalidArgument (folder),
  /// kDenied (it is there, and may not be joined).
  Result<transfer::DownloadStatus> start(Request request);
  /// A folder as one thing. Errors: as start(), and those of FolderManager::start.
  Result<transfer::FolderStatus> start_folder(Request request, std::vector<std::string> only,
                                              bool list_only);
  transfer::DownloadManager& downloads() { return manager_; }
  /// What is here of a file that is being fetched, for itself or with a folder, or of a folder's
  /// list. Blocks. Errors: kNotFound.
  [[nodiscard]] Result<std::shared_ptr<transfer::ServedFile>> open_running(
      const ContentId& content) const;
  /// It is on its way, or waits for it.
  [[nodiscard]] bool fetches(const ContentId& content) const;
  /// The same as a hit; none while there is nothing to give.
  [[nodiscard]] std::optional<HitFile> running_hit(const ContentId& content) const;
  transfer::FolderManager& folders() { return folders_; }
  /// Blocks until all files are closed, at most `budget`.
  void stop(std::chrono::milliseconds budget);

 private:
  transfer::DownloadHooks hooks();
  /// What is known before the start: the folder, the name, and who has it.
  struct Prepared {
    std::string name;  ///< empty: nobody has said it yet
    std::string folder;
    std::vector<Holders> groups;
  };
  Result<Prepared> prepare(Request request);
  /// The download that a start would join: on its way or paused, or whose file lies there.
  [[nodiscard]] std::optional<transfer::DownloadStatus> at_hand(const ContentId& content) const;
  /// Requires starting_.
  [[nodiscard]] Result<void> check(const Request& request) const;

  Parts parts_;
  std::mutex starting_;  ///< what is found before a start holds until it has begun
  transfer::DownloadManager manager_;
  transfer::FolderManager folders_;
};

}  // namespace shoal::daemon
