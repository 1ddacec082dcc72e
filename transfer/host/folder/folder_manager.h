// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/asio.h"
#include "transfer/host/download/download_manager.h"

namespace shoal::transfer {

/// Sources that are reached with one key.
struct SourceGroup {
  std::vector<SourceInfo> sources;
  std::string key_pem;  ///< as in DownloadRequest
};

/// A folder to fetch as one thing.
struct FolderRequest {
  ContentId content;              ///< of its list, see transfer/core/listing.h
  std::string name;               ///< as a peer or the user wrote it; empty: as a source calls it
  std::string folder;             ///< existing directory of this user
  std::vector<std::string> only;  ///< patterns, see Selection; none: everything
  bool list_only = false;         ///< fetch the list and nothing else
  std::vector<SourceGroup> groups;
  // The manager's own.
  std::uint64_t id = 0;  ///< the number that users know it by
  bool must_fit = true;  ///< else it waits for room from the beginning
};

struct FolderStatus {
  std::uint64_t id = 0;
  ContentId content;
  std::string name;  ///< sanitised
  std::string folder;
  DownloadState state = DownloadState::kPreparing;
  bool list_only = false;
  bool listed = false;               ///< its list is here
  std::uint64_t files_total = 0;     ///< in the list
  std::uint64_t files_selected = 0;  ///< of them
  std::uint64_t files_done = 0;      ///< of those selected: fetched and verified
  std::uint64_t files_waiting = 0;   ///< that nobody who is up has
  std::uint64_t names_changed = 0;   ///< entries that are not called as in the list
  std::uint64_t bytes_total = 0;     ///< of the selected files
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_found = 0;  ///< of these, here when this process started
  std::uint32_t sources = 0;      ///< connected now, of the file that has most
  std::uint64_t rate = 0;         ///< bytes a second of late, of all files
  std::string path;               ///< of the folder; only when kDone
  std::optional<Error> error;     ///< as in DownloadStatus
};

/// One entry of a list, for its user.
struct FolderFile {
  std::string path;                  ///< as in the list
  std::optional<ContentId> content;  ///< none: an empty folder
  bool selected = false;
};

/// Folders that are fetched: first the list, which is verified and judged as a hostile one, then
/// the selected files, each verified, several at once, and at last the whole tree, which is read
/// back and compared with the list before it gets its name. Under that name there is a right folder
/// or none; nothing is ever written outside of it.
///
/// What a folder's owner changed since the list was made has no source any more: such files are
/// waited for, while the others are fetched; anybody else who has them will do.
/// Threads: any thread may call. Own threads: none.
class FolderManager {
 public:
  /// One has ended: is done, has failed or was cancelled. Called under no lock of the manager.
  using OnEnded = std::function<void(const FolderStatus&)>;

  /// `hooks` as for a DownloadManager; its on_change is not used. Null `on_ended`: nobody wants to
  /// know.
  FolderManager(boost::asio::any_io_executor io, boost::asio::any_io_executor work,
                DownloadHooks hooks, TransferTimes times = {}, OnEnded on_ended = nullptr);
  ~FolderManager();
  FolderManager(const FolderManager&) = delete;
  FolderManager& operator=(const FolderManager&) = delete;

  /// Starts, joins or takes up again what was paused; returns the id. Errors: kInvalidArgument
  /// (folder, patterns), kTooLarge (no list is that long), kConflict (it is being fetched there
  /// with another selection), kOverloaded (limits::kFoldersAtOnce).
  Result<std::uint64_t> start(FolderRequest request);
  /// Folders of earlier processes that have ended, for the list; before resume() and start().
  /// Numbers go on behind theirs. One that failed and goes on loses its row there.
  void remember(std::vector<FolderStatus> ended);
  /// Goes on with what lies in `folder` from an earlier process and was not paused, each under its
  /// number if nobody has that; returns how many. What cannot be used is listed as failed, and so
  /// is one beyond limits::kFoldersAtOnce, which go_on() takes up later.
  std::size_t resume(const std::string& folder);
  /// Ends it, also when it is paused or failed; what was fetched of it goes. Errors: kNotFound,
  /// kConflict (ended already, or in an earlier process).
  Result<void> cancel(std::uint64_t id);
  /// Closes its files and fetches nothing, over restarts too, until go_on() or start(). Once is as
  /// good as twice. Errors: kNotFound, kConflict (ended, or only its list is fetched), kOverloaded
  /// (limits::kFoldersPaused).
  Result<void> pause(std::uint64_t id);
  /// Takes up one that was paused or failed; nothing when it is on its way. Errors: kNotFound,
  /// kConflict (ended, or failed in an earlier process and left nothing), kOverloaded
  /// (limits::kFoldersAtOnce).
  Result<void> go_on(std::uint64_t id);
  /// Errors: kNotFound.
  [[nodiscard]] Result<FolderStatus> status(std::uint64_t id) const;
  /// In the order of their start; ended ones stay until limits::kFoldersRemembered newer ones.
  [[nodiscard]] std::vector<FolderStatus> list() const;
  /// At most `limit` entries from number `from` on. Errors: kNotFound (also when its list is not
  /// here yet, or not any more: limits::kFolderFilesRemembered).
  [[nodiscard]] Result<std::vector<FolderFile>> files(std::uint64_t id, std::size_t from,
                                                      std::size_t limit) const;
  /// What is here of a folder that is being fetched, to be served to others: its list, its whole
  /// files, and the verified pieces of those under way; named as the list names them. Blocks.
  /// Errors: kNotFound.
  [[nodiscard]] Result<std::shared_ptr<ServedFile>> open_running(const ContentId& content) const;
  /// A file that is whole in the stage of a folder, also of one that is paused or failed. Blocks.
  [[nodiscard]] std::optional<LocalCopy> find_staged(const ContentId& content) const;
  /// Stops all cleanly (what was fetched stays) and calls `stopped` on `io` when it is done.
  void stop(std::function<void()> stopped);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace shoal::transfer
