// SPDX-License-Identifier: Apache-2.0
// One folder on its way here. Internal to this folder.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "transfer/core/listing.h"
#include "transfer/core/selection.h"
#include "transfer/host/folder/folder_manager.h"
#include "transfer/host/folder/folder_note.h"
#include "transfer/host/folder/folder_shelf.h"
#include "transfer/host/folder/folder_sources.h"
#include "transfer/host/folder/folder_tree.h"

namespace shoal::transfer {

class FolderJob : public std::enable_shared_from_this<FolderJob> {
 public:
  struct Parts {
    boost::asio::any_io_executor io;
    boost::asio::any_io_executor work;
    DownloadHooks hooks;
    TransferTimes times;
  };
  /// Once, when its files are closed. `settle` makes the last status known: whoever keeps a table
  /// of those that run does both in one step.
  using Ended = std::function<void(const std::function<void()>& settle)>;
  /// Why it stops. A stronger reason replaces a weaker one.
  enum class Halt : std::uint8_t { kNone, kProcessEnds, kPaused, kCancelled };

  /// Requires a selection that is made of request.only.
  FolderJob(Parts parts, FolderRequest request, Selection selection, Ended ended);

  // Any thread.
  void start();
  void stop(Halt why);
  /// Instead of start(): it was paused by the user in an earlier process.
  void lie_held(const FolderPause& how);
  /// Instead of start(): what an earlier process left of it cannot be used.
  void lie_failed(const Error& why);
  [[nodiscard]] FolderStatus status() const;
  [[nodiscard]] const FolderRequest& request() const { return request_; }
  [[nodiscard]] std::optional<std::vector<FolderFile>> files(std::size_t from,
                                                             std::size_t limit) const;
  /// For files(), of one that is paused: reads its list. Blocks. Errors: kConflict (the list is not
  /// here yet), kNotFound (nothing is, any more), kIo.
  Result<void> show_files();
  /// What is here of the list or of a file, while it is fetched. Errors: kNotFound.
  [[nodiscard]] Result<std::shared_ptr<ServedFile>> served(const ContentId& content) const;
  /// A file that is whole, also of one that is paused or has failed. Blocks.
  [[nodiscard]] std::optional<LocalCopy> copy_of(const ContentId& content) const {
    return shelf_.copy_of(content);
  }
  /// Frees what files() gives. Requires that it has ended.
  void forget_files();

 private:
  /// As DownloadHooks::find_sources takes it.
  using Found = std::function<void(std::vector<SourceInfo> sources, std::string key_pem)>;
  enum class Phase : std::uint8_t { kOpening, kList, kFiles, kTree, kOver };
  struct Child {
    ContentId content;
    DownloadStatus status;
    bool searched = false;  ///< who has it was asked, and answered
  };
  /// One content of the selection.
  struct Wanted {
    std::string path;  ///< of the first file with it, for people
    std::uint64_t uses = 0;
    bool here = false;
  };

  [[nodiscard]] std::string name_of(const ContentId& content) const;
  void open();
  Result<void> open_tree();
  void make_manager();
  void begin_list();
  void listed();
  void take_placed();
  void wait_or_fail(const Error& error);
  void plan(std::vector<ListingEntry> entries);
  [[nodiscard]] Result<void> check_room() const;
  void begin_files();
  void next();
  void fetch(const ContentId& content);
  void wait_for_room(const Error& error);
  void look_for_room();
  void on_child(const DownloadStatus& status);
  void take_name(const std::string& called);
  void child_done(const ContentId& content);
  void child_searched(const ContentId& content);
  void count_here(const ContentId& content, const Wanted& wanted);
  void find_sources(const ContentId& content, Found found);
  void ask_for_sources();
  void await_sources();
  void list_sources(std::uint64_t search, const std::vector<SourceInfo>& sources,
                    const std::string& key_pem);
  void put_together();
  [[nodiscard]] Result<std::string> build_and_name();
  void again_or_fail(const Error& error);
  void finish(DownloadState state, std::optional<Error> error, std::string path = {});
  void close(DownloadState state, std::optional<Error> error, const std::string& path);
  void report();
  [[nodiscard]] std::string note(bool paused) const;
  [[nodiscard]] bool stop_asked() const { return halt_ != Halt::kNone; }
  [[nodiscard]] FolderTree::OnBytes unless_stopped() const {
    return [this](std::uint64_t) { return !stop_asked(); };
  }

  const boost::asio::any_io_executor io_;
  const boost::asio::any_io_executor strand_;  ///< of `work`: the disk is waited for on it
  const boost::asio::any_io_executor work_;
  const DownloadHooks hooks_;
  const TransferTimes times_;
  const FolderRequest request_;
  const Selection selection_;
  Ended ended_;
  std::atomic<Halt> halt_ = Halt::kNone;
  std::atomic<std::uint64_t> searches_ = 0;  ///< for sources, begun so far

  // On the strand.
  Phase phase_ = Phase::kOpening;
  bool ending_ = false;
  std::optional<FolderTree> tree_;
  std::shared_ptr<DownloadManager> manager_;
  bool unnamed_ = false;                               ///< nobody has said yet what it is called
  bool fresh_ = false;                                 ///< no process before left anything of it
  bool note_waits_ = false;                            ///< until the selection is judged
  std::optional<std::vector<std::string>> kept_only_;  ///< which the note has until then
  FolderSources sources_;
  std::chrono::steady_clock::time_point asked_{};
  bool asking_ = false;
  bool sources_awaited_ = false;  ///< nothing is begun until there are any, or it took too long
  boost::asio::steady_timer sources_timer_;
  std::string placing_;  ///< the name that it, or an earlier process, was about to give
  std::vector<PlacedEntry> placed_;
  std::map<ContentId, Wanted> wanted_;
  std::deque<ContentId> queue_;
  std::uint64_t files_here_ = 0;  ///< of the selection
  std::uint64_t bytes_here_ = 0;
  std::map<std::uint64_t, Child> running_;
  unsigned attempts_ = 0;
  boost::asio::steady_timer room_timer_;
  std::optional<Error> no_room_;  ///< nothing is begun until it is looked again

  FolderShelf shelf_;  ///< any thread

  mutable std::mutex mutex_;
  FolderStatus status_;                ///< guarded by mutex_
  std::vector<ListingEntry> entries_;  ///< guarded by mutex_
  std::vector<bool> selected_;         ///< guarded by mutex_
  bool listed_ = false;                ///< guarded by mutex_: the two above are there
};

}  // namespace shoal::transfer
